"""Voices: she was answered at once; what a machine heard in them is answered by letter."""
