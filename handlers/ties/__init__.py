"""Ties (我是王秀英的儿子, 认识, 不认识): who belongs to an elder, by her own word."""
