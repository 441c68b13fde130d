"""Ops that order, group, branch and repeat others."""

from .group import group as group
from .group import no_op as no_op
