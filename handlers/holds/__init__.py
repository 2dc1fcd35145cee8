"""Holds (请假): an elder is away or in hospital, and her word is not waited for."""
