"""CPU lowerings of the ops on variables."""
