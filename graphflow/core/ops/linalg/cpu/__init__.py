"""How linear algebra runs on the CPU: lowerings to the kernels of `codegen/cpu/kernels`."""
