"""The daily check-in: the elder says how she is, and is answered by name."""
