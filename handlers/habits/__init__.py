"""Habits: who is later than usual, and hours that fit an elder better."""
