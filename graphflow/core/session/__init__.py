"""Stage 11 of the pipeline: Session, which turns fetches and feeds into a run."""
