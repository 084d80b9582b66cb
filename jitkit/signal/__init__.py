"""Signals and images: convolution, filters, Fourier transforms and resampling, in kernels."""
