"""Points in space: distances, neighbours and forces, in kernels."""
