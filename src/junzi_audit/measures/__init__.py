"""Observations become measurements here: pure functions, no I/O, no clock."""
