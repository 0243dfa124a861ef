"""The world to observations: one noun a file; probes see and never judge."""
