"""TensorFlow's random numbers in NumPy alone: bits, the distributions on them, permutations."""
