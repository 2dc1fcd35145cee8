"""What becomes of our letters, and which she is willing to get."""
