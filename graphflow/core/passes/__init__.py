"""Stage 7 of the pipeline: rewrites of a Program; `PASSES` lists them in their order."""
