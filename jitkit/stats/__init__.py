"""Statistics: moments, quantiles, rolling windows, densities and resampling, in kernels and primitives."""
