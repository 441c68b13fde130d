"""Machine code for the CPU: targets, vector values, tiles, library kernels, compiler and cache."""
