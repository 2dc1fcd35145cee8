"""Lists (名单 未报 详情): how those stand today whom somebody looks after."""
