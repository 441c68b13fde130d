"""What TF1 scripts import as `tensorflow.examples`."""
