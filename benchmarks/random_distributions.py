"""random_distributions: a generator's further distributions, beside those of NumPy's fastest generator."""

from __future__ import annotations

import functools

import numpy as np

from . import _measure, _suite

ARGUMENTS = {
    "gamma": (2.5, 2.0),
    "poisson": (40.0,),
    "binomial": (1000, 0.3),
    "geometric": (0.2,),
    "negative_binomial": (4, 0.3),
    "hypergeometric": (200, 300, 50),
    "zipf": (2.5,),
    "logseries": (0.8,),
    "lognormal": (),
    "laplace": (),
    "logistic": (),
    "gumbel": (),
    "rayleigh": (),
    "weibull": (1.5,),
    "pareto": (3.0,),
    "power": (3.0,),
    "triangular": (-1.0, 0.0, 3.0),
    "vonmises": (0.0, 4.0),
    "wald": (3.0, 2.0),
    "standard_cauchy": (),
    "standard_gamma": (2.5,),
    "standard_t": (4.0,),
    "chisquare": (3.0,),
    "noncentral_chisquare": (3.0, 2.0),
    "f": (4.0, 9.0),
    "noncentral_f": (4.0, 9.0, 2.0),
    "beta": (2.0, 5.0),
    "dirichlet": ([0.5, 1.0, 4.0, 8.0],),
    "multinomial": (100, [0.1, 0.2, 0.3, 0.4]),
    "multivariate_hypergeometric": ([40, 60, 80, 20], 50),
    "multivariate_normal": ([0.0, 1.0], [[2.0, 1.0], [1.0, 3.0]]),
}


class Distributions:
    """Arrays of numbers, and of vectors, of both libraries, taking turns."""

    version = "1"
    timeout = 120
    params = [list(ARGUMENTS), [1_000, 200_000]]
    param_names = ["method", "size"]

    def setup(self, method: str, size: int) -> None:
        _suite.keep_caches_apart()
        import jitkit as jk

        if not hasattr(jk.random.Generator, method):
            raise NotImplementedError(f"this commit has no {method}")
        rngs = jk.random.Generator(7), np.random.Generator(np.random.SFC64(7))
        self.ours, self.numpys = (
            functools.partial(getattr(rng, method), *ARGUMENTS[method], size=size) for rng in rngs
        )
        self.ours()

    def track_relative_to_numpy(self, method: str, size: int) -> float:
        return _measure.ratio(self.ours, self.numpys)

    track_relative_to_numpy.unit = "times NumPy"
