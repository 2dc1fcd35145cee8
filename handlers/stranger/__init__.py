"""Whoever we do not know hears the same answer, whatever he asks."""
