"""Signals and images: convolution, filters, Fourier transforms and resampling, in kernels."""

from jitkit.signal.bilateral_filter import bilateral_filter as bilateral_filter
from jitkit.signal.convolve import convolve as convolve
from jitkit.signal.convolve import correlate as correlate
from jitkit.signal.correlate1d import convolve1d as convolve1d
from jitkit.signal.correlate1d import correlate1d as correlate1d
from jitkit.signal.decimate import decimate as decimate
from jitkit.signal.fft import fft as fft
from jitkit.signal.fft import fft2 as fft2
from jitkit.signal.fft import fftn as fftn
from jitkit.signal.fft import ifft as ifft
from jitkit.signal.fft import ifft2 as ifft2
from jitkit.signal.fft import ifftn as ifftn
from jitkit.signal.gaussian_filter import gaussian_filter as gaussian_filter
from jitkit.signal.median_filter import median_filter as median_filter
from jitkit.signal.resample import resample as resample
from jitkit.signal.resample_poly import resample_poly as resample_poly
from jitkit.signal.resize import resize as resize
from jitkit.signal.rfft import irfft as irfft
from jitkit.signal.rfft import irfft2 as irfft2
from jitkit.signal.rfft import irfftn as irfftn
from jitkit.signal.rfft import rfft as rfft
from jitkit.signal.rfft import rfft2 as rfft2
from jitkit.signal.rfft import rfftn as rfftn
from jitkit.signal.sosfilt import sosfilt as sosfilt
from jitkit.signal.sosfilt import sosfiltfilt as sosfiltfilt
from jitkit.signal.uniform_filter import uniform_filter as uniform_filter
from jitkit.signal.upfirdn import upfirdn as upfirdn

__all__ = [
    "bilateral_filter",
    "convolve",
    "convolve1d",
    "correlate",
    "correlate1d",
    "decimate",
    "fft",
    "fft2",
    "fftn",
    "gaussian_filter",
    "ifft",
    "ifft2",
    "ifftn",
    "irfft",
    "irfft2",
    "irfftn",
    "median_filter",
    "resample",
    "resample_poly",
    "resize",
    "rfft",
    "rfft2",
    "rfftn",
    "sosfilt",
    "sosfiltfilt",
    "uniform_filter",
    "upfirdn",
]
