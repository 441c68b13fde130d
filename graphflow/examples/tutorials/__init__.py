"""The tutorials' helper modules."""
