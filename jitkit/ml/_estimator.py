"""What the estimators share: scikit-learn's conventions for parameters, inputs and messages, without scikit-learn.

Nothing here imports scikit-learn. Where it is loaded already, its own classes of errors and warnings are raised, so that
its tools recognise them, and `__sklearn_tags__`, which only scikit-learn calls, tells it what kind of estimator this is.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from jitkit.arrays import to_numpy
from jitkit.errors import JitkitWarning, warn
from jitkit.launch.arguments import is_device_array
from jitkit.launch.choice import requested


class Estimator:
    """An object whose parameters are the arguments of its constructor, and which learns in `fit`."""

    _kind: str | None = None
    _on_device = False
    backend: str | None
    verbose: bool | int

    @classmethod
    def _names(cls) -> list[str]:
        return sorted(name for name in inspect.signature(cls.__init__).parameters if name != "self")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; `deep` is there for scikit-learn's sake."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters and return the estimator.

        Raises
        ------
        ValueError
            Where there is no such parameter.
        """
        for name, value in params.items():
            if name not in self._names():
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self!r}. Valid parameters are: {self._names()!r}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        default = {p.name: p.default for p in inspect.signature(type(self).__init__).parameters.values()}
        given = {name: value for name, value in self.get_params().items() if repr(value) != repr(default[name])}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in given.items())})"

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what kind of estimator this is; it is the only caller."""
        from importlib import import_module

        utils: Any = import_module("sklearn.utils")
        return utils.Tags(
            estimator_type=self._kind,
            target_tags=utils.TargetTags(
                required=self._kind in ("classifier", "regressor"),
                multi_output=self._kind == "regressor",
                single_output=True,
            ),
            transformer_tags=utils.TransformerTags() if hasattr(self, "transform") else None,
            classifier_tags=utils.ClassifierTags() if self._kind == "classifier" else None,
            regressor_tags=utils.RegressorTags() if self._kind == "regressor" else None,
        )

    def _refuse(
        self,
        counts: Sequence[str] = (),
        positive: Sequence[str] = (),
        not_negative: Sequence[str] = (),
        within: Sequence[str] = (),
    ) -> None:
        """Refuse parameters that are no numbers of their kind, by their names.

        Raises
        ------
        ValueError
            Where one is not.
        """
        kinds: list[tuple[Sequence[str], Callable[[Any], bool], str]] = [
            (counts, lambda value: value >= 1 and value == int(value), "a whole number from 1"),
            (positive, lambda value: value > 0, "a number above 0"),
            (not_negative, lambda value: value >= 0, "a number from 0"),
            (within, lambda value: 0 < value < 1, "a number between 0 and 1"),
        ]
        for names, fits, kind in kinds:
            for name in names:
                value = getattr(self, name)
                try:
                    is_right = fits(value)
                except (TypeError, ValueError, OverflowError):  # what is no number, NaN and infinity
                    is_right = False
                if not is_right:
                    raise ValueError(f"{type(self).__name__}: {name}={value!r}; it is {kind}")

    def _where(self) -> str | None:
        """Return the backend: the one asked for, else a GPU where the samples of `fit` lay there."""
        return self.backend or requested() or ("cuda" if self._on_device else None)

    def _say(self, text: str) -> None:
        """Print a line of how learning goes, where that is asked for."""
        if self.verbose:
            print(text)

    def _fitted(self, attribute: str) -> None:
        """Refuse to predict before anything was learnt."""
        if not hasattr(self, attribute):
            raise _class("NotFittedError", _NotFittedError)(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before "
                "using this estimator."
            )

    def _samples(self, X: Any, reset: bool, least: int = 1) -> np.ndarray:
        """Return the samples as a finite, contiguous matrix of float32 or float64 on the host.

        Raises
        ------
        TypeError, ValueError
            For what scikit-learn refuses too, in its words.
        """
        who, names = type(self).__name__, _column_names(X)
        if hasattr(X, "tocsr") or hasattr(X, "toarray"):
            raise TypeError(f"{who} does not support sparse input; convert it to a dense array with X.toarray().")
        x = numbers(to_numpy(X) if is_device_array(X) else X, f"the input of {who}")
        if x.ndim != 2:
            raise ValueError(
                f"Expected 2D array, got {x.ndim}D array instead. Reshape your data either using array.reshape(-1, 1) if "
                "your data has a single feature or array.reshape(1, -1) if it contains a single sample."
            )
        n, features = x.shape
        if n < least:
            raise ValueError(
                f"Found array with {n} sample(s) (shape={x.shape}) while a minimum of {least} is required by {who}."
            )
        if features < 1:
            raise ValueError(
                f"Found array with 0 feature(s) (shape={x.shape}) while a minimum of 1 is required by {who}."
            )
        finite(x, "X", who)
        if reset:
            self._remember(names, features)
            self._on_device = is_device_array(X)
        else:
            self._compare(names, features)
        return np.ascontiguousarray(x)

    def _remember(self, names: np.ndarray | None, features: int) -> None:
        self.n_features_in_ = features
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _compare(self, names: np.ndarray | None, features: int) -> None:
        who, known = type(self).__name__, getattr(self, "feature_names_in_", None)
        if names is None and known is not None:
            warn(f"X does not have valid feature names, but {who} was fitted with feature names", UserWarning)
        elif names is not None and known is None:
            warn(f"X has feature names, but {who} was fitted without feature names", UserWarning)
        elif names is not None and known is not None and list(names) != list(known):
            raise ValueError(_difference(list(names), list(known)))
        if features != self.n_features_in_:
            raise ValueError(
                f"X has {features} features, but {who} is expecting {self.n_features_in_} features as input."
            )


class _NotFittedError(ValueError, AttributeError):
    """Raised where an estimator is asked for results before `fit`."""


def _class(name: str, otherwise: type) -> Any:
    """Return scikit-learn's class of errors or warnings where scikit-learn is loaded, else another."""
    return getattr(sys.modules.get("sklearn.exceptions"), name, otherwise)


def warn_not_converged(message: str) -> None:
    """Warn that iterations ended before they converged, as scikit-learn does."""
    warn(message, _class("ConvergenceWarning", JitkitWarning))


def numbers(x: Any, what: str) -> Any:
    """Return an array of float32 or float64.

    Raises
    ------
    TypeError, ValueError
        For complex numbers, and what is no number.
    """
    x = np.asarray(x)
    if x.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {what} is of dtype {x.dtype}.")
    if x.dtype.kind not in "?biufO":
        raise ValueError(f"{what} is of dtype {x.dtype}, and cannot be converted to numbers; encode it first.")
    return x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)


def finite(x: np.ndarray, what: str, who: str) -> None:
    """Refuse NaN and infinity; a finite sum shows quickly that there are none."""
    with np.errstate(all="ignore"):
        if np.isfinite(x.sum()) or np.isfinite(x).all():
            return
    if np.isnan(x).any():
        raise ValueError(f"Input {what} contains NaN. {who} does not accept missing values.")
    raise ValueError(f"Input {what} contains infinity or a value too large for {x.dtype}.")


def column(y: Any, n: int, who: str) -> Any:
    """Return the targets as a vector of one for each sample.

    Raises
    ------
    ValueError
        Where there are none, too few or too many, or several for each sample.
    """
    if y is None:
        raise ValueError(f"{who} requires y to be passed, but the target y is None.")
    y = np.asarray(to_numpy(y) if is_device_array(y) else y)
    if y.ndim == 2 and y.shape[1] == 1:
        warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of y to (n_samples,), for "
            "example using ravel().",
            _class("DataConversionWarning", UserWarning),
        )
        y = y.ravel()
    if y.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {y.shape} instead.")
    same_length(y, n)
    return y


def same_length(y: np.ndarray, n: int) -> None:
    """Refuse targets that are not as many as there are samples."""
    if len(y) != n:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: [{n}, {len(y)}]")


def weights_of(sample_weight: Any, x: Any, who: str) -> np.ndarray | None:
    """Return how much each sample counts as numbers of the samples' dtype; None where all count alike.

    Raises
    ------
    ValueError
        For weights that are not one number from 0 for each sample, and where none is above 0.
    """
    if sample_weight is None:
        return None
    given = to_numpy(sample_weight) if is_device_array(sample_weight) else sample_weight
    weights: np.ndarray = numbers(given, f"sample_weight of {who}").astype(x.dtype)
    if weights.ndim == 0:
        weights = np.full(len(x), weights)
    if weights.shape != (len(x),):
        raise ValueError(
            f"{who}: sample_weight has the shape {weights.shape}; it is a number for each sample, of shape {(len(x),)}."
        )
    finite(weights, "sample_weight", who)
    if weights.min() < 0:
        raise ValueError(f"{who}: sample_weight has {weights.min()} in it; weights are numbers from 0.")
    if weights.max() == 0:
        raise ValueError(f"{who}: all weights in sample_weight are zero; at least one sample has to count.")
    return weights


def classes_of(y: np.ndarray, who: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes in order, and the index of each sample's class.

    Raises
    ------
    ValueError
        For labels that are measurements, NaN or infinite, of types that have no order together, or all the same.
    """
    if y.dtype.kind == "f":
        finite(y, "y", who)
        if (y != np.trunc(y)).any():
            raise ValueError(
                f"Unknown label type: continuous. {who} takes classes; a regressor takes real-valued targets."
            )
    try:
        classes, labels = np.unique(y, return_inverse=True)
    except TypeError:
        kinds = sorted({type(label).__name__ for label in y})
        raise ValueError(
            f"Unknown label type: {who}'s labels in y are of {' and '.join(kinds)}, which have no order together; make them all "
            "numbers or all strings, as by y.astype(str)."
        ) from None
    if len(classes) < 2:
        raise ValueError(
            f"{who} needs samples of at least 2 classes in the data, but the data contains one class: {classes[0]!r}."
        )
    return classes, labels.reshape(-1)


def random_of(seed: Any) -> np.random.RandomState:
    """Return the generator that ``random_state=`` stands for, as scikit-learn does.

    Raises
    ------
    ValueError
        For what is no seed.
    """
    if seed is None:
        return np.random.RandomState()
    if isinstance(seed, (int, np.integer)):
        return np.random.RandomState(int(seed))
    if isinstance(seed, np.random.RandomState):
        return seed
    raise ValueError(f"{seed!r} cannot be used to seed a numpy.random.RandomState instance; give None or an integer")


def check_backend(backend: str | None) -> None:
    """Refuse a backend that there is not."""
    if backend is not None:
        from jitkit.launch.choice import checked

        checked(backend)


def _column_names(X: Any) -> np.ndarray | None:
    """Return the names of a frame's columns where all are strings."""
    columns = getattr(X, "columns", None)
    if columns is None:
        return None
    names = np.asarray(columns, dtype=object)
    kinds = {type(name) for name in names}
    if kinds == {str}:
        return names
    if str in kinds:
        raise TypeError(
            f"Feature names are only supported if all input features have string names, not {sorted(map(str, kinds))}"
        )
    return None


def _difference(names: list[str], known: list[str]) -> str:
    """Say how the names of features differ from those that were fitted, as scikit-learn does."""
    text = "The feature names should match those that were passed during fit.\n"
    unseen, missing = sorted(set(names) - set(known)), sorted(set(known) - set(names))
    if unseen:
        text += "Feature names unseen at fit time:\n" + "".join(f"- {name}\n" for name in unseen[:5])
    if missing:
        text += "Feature names seen at fit time, yet now missing:\n" + "".join(f"- {name}\n" for name in missing[:5])
    if not unseen and not missing:
        text += "Feature names must be in the same order as they were in fit.\n"
    return text
