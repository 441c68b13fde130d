"""Saver: a graph's variables in checkpoints, written and read by nodes of the graph."""
