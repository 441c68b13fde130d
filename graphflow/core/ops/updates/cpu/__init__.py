"""CPU lowerings of the optimizers' updates."""
