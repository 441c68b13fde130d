"""CPU lowerings of the random ops."""
