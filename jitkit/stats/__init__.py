"""Statistics: moments, quantiles, rolling windows, densities and resampling, in kernels and primitives.

Calls over up to 4,096 elements on the host, like one before, keep Python's other threads waiting, for 0.1 ms at most: to let them
on would take a good part of such a call's time. Longer ones do not.
"""

from jitkit.stats.average import average as average
from jitkit.stats.covariance import corrcoef as corrcoef
from jitkit.stats.covariance import cov as cov
from jitkit.stats.kde import kde as kde
from jitkit.stats.moments import kurtosis as kurtosis
from jitkit.stats.moments import mean as mean
from jitkit.stats.moments import skew as skew
from jitkit.stats.moments import std as std
from jitkit.stats.moments import var as var
from jitkit.stats.nanmoments import nanmax as nanmax
from jitkit.stats.nanmoments import nanmean as nanmean
from jitkit.stats.nanmoments import nanmin as nanmin
from jitkit.stats.nanmoments import nanstd as nanstd
from jitkit.stats.nanmoments import nansum as nansum
from jitkit.stats.nanmoments import nanvar as nanvar
from jitkit.stats.quantile import median as median
from jitkit.stats.quantile import nanmedian as nanmedian
from jitkit.stats.quantile import nanquantile as nanquantile
from jitkit.stats.quantile import quantile as quantile
from jitkit.stats.resampling import bootstrap as bootstrap
from jitkit.stats.resampling import permutation_test as permutation_test
from jitkit.stats.rolling import move_max as move_max
from jitkit.stats.rolling import move_mean as move_mean
from jitkit.stats.rolling import move_median as move_median
from jitkit.stats.rolling import move_min as move_min
from jitkit.stats.rolling import move_std as move_std
from jitkit.stats.rolling import move_sum as move_sum
from jitkit.stats.rolling import move_var as move_var

__all__ = [
    "average",
    "bootstrap",
    "corrcoef",
    "cov",
    "kde",
    "kurtosis",
    "mean",
    "median",
    "move_max",
    "move_mean",
    "move_median",
    "move_min",
    "move_std",
    "move_sum",
    "move_var",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
    "permutation_test",
    "quantile",
    "skew",
    "std",
    "var",
]
