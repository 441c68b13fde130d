"""The library kernels: compiled once per machine, whatever the graph; sizes are run-time arguments.

A kernel is a plain function `(lo, hi, args)` in Numba's language: it processes the items `lo` up to
`hi` of its call, and finds everything else in `args`, the address of a block of 64-bit words in the
order in which the op's lowering (`core/ops/*/cpu.py`) gave them. `simd.py` has what it is written
in. Function names are what lowerings call kernels by: `"pool.max_f32"` is `max_f32` in `pool.py`.
"""
