"""Speaking for elders who have no phone: by name, by the numbers of a list, and in the evening."""
