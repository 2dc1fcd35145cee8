"""Enrolment (登记): an elder is taken in by a talk, one question at a time."""
