"""Random numbers: TensorFlow's own, bit for bit where a seed is given."""
