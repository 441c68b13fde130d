"""Stage 8 of the pipeline: what runs where: kernel calls, groups that share items, one arena."""
