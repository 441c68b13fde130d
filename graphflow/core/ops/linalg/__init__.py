"""Ops of linear algebra: products, solvers, decompositions."""

from .matmul import batch_matmul_v2_op as batch_matmul_v2_op
from .matmul import matmul as matmul
from .matmul import matmul_op as matmul_op
from .matmul import matvec as matvec
from .matmul import sparse_matmul as sparse_matmul
