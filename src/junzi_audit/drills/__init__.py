"""Drills: what holds before, what is done, what must follow in time, and everything put back."""
