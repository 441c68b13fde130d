"""CPU lowerings of the array ops: boxes, transposes, joins, gathers."""
