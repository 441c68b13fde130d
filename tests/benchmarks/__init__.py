"""Benchmarks against TensorFlow: `make bench`. They time, they do not test."""
