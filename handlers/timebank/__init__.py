"""余额, 流水, 转给, 捐, 证明: what somebody asks of the time bank."""
