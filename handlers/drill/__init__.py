"""Drills (演练): the whole ladder is practised, and what it has shown is told."""
