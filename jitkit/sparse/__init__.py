"""Sparse matrices: products with vectors and matrices, in kernels."""
