"""Linear algebra: products of vectors and matrices, and solvers, written in kernels."""
