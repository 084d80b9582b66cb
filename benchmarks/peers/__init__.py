"""The same cases by other hands: C with OpenMP, and Numba with `prange`."""
