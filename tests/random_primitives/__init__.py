"""Random calls of the primitives, each beside NumPy's or a plain loop; see `__main__` for the command line."""
