"""CPU lowerings of the neural network ops."""
