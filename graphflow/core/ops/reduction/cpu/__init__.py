"""CPU lowerings of reductions, scans and segments."""
