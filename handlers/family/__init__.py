"""Families: how an elder is today, what one tells the other, whose turn it is, and a guard."""
