"""What the world looks like, noun by noun: probes see it, measures count it. Standard library only."""
