"""Stage 6 of the pipeline: what one run needs of the graph, frozen, and its NumPy interpreter."""
