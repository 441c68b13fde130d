"""Stage 9 of the pipeline: from a plan's kernel calls to machine code, a folder per device."""
