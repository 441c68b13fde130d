"""Stage 10 of the pipeline: what lives as long as a session: variables, op state, bodies."""
