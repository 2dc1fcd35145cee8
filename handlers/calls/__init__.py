"""Volunteer calls: 帮我理个发 becomes a neighbour at the door, and everybody knows when not."""
