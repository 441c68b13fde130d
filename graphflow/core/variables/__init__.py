"""Stage 4 of the pipeline: variables, the scopes that name and share them, their initial values."""
