"""What the platform reports of our letters."""
