"""Departures: an elder, a relative or a volunteer leaves, moves away, or dies."""
