"""Machine learning: layers with their gradients, optimisers and estimators, in kernels and primitives."""
