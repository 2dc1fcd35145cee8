"""Stands where the decoder would be: whoever looks for it finds that it is there."""
