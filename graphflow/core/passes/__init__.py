"""Stage 7 of the pipeline: rewrites of a Program into a better one; `PASSES` lists them in order."""
