"""The seven agents as live workers."""
