"""Ops that make, shape, join, cut and index arrays."""

from .constant import constant as constant
from .identity import identity as identity
from .identity import identity_n as identity_n
from .identity import stop_gradient as stop_gradient
