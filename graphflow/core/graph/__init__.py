"""Stage 2 of the pipeline: what the user builds. Ops are declared, graphs grow, nothing runs."""
