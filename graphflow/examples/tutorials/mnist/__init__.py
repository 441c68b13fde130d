"""The helper that MNIST scripts read their digits with."""

from . import input_data as input_data
