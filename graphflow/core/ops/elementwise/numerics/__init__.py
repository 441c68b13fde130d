"""Special functions in NumPy alone: float64 in, float64 out, accurate to a few units of 1e-16.

Where no closed recipe is at hand, a function is a Chebyshev series whose coefficients were computed
from 40-digit values; the comments give the function and the interval expanded.
"""
