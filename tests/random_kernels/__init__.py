"""Random kernels: whole programs that every backend must agree on; see `__main__` for the command line."""
