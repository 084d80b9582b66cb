"""What is known of one size on one side after it was timed."""

from __future__ import annotations

from dataclasses import dataclass

INTERPRETER, NUMPY = "python", "NumPy"


@dataclass(frozen=True)
class Timing:
    """One line: a size on one side.

    Attributes
    ----------
    size, by : str
        What the size is called; a backend, or NumPy.
    points, moved : int
        Points of the launch space, and bytes that must be read and written.
    flops : int or None
        Floating-point operations, where they are known.
    seconds, spread : float
        The median, and half the range of the middle half of the samples as a fraction of it.
    samples : int
        How many there are.
    first : float or None
        Seconds of the first launch, which compiles; None for NumPy.
    """

    size: str
    by: str
    points: int
    moved: int
    flops: int | None
    seconds: float
    spread: float
    samples: int
    first: float | None

    @property
    def per_point(self) -> float:
        """Seconds for one point."""
        return self.seconds / self.points

    @property
    def bandwidth(self) -> float:
        """Bytes a second, of those that must be moved."""
        return self.moved / self.seconds

    @property
    def rate(self) -> float | None:
        """Floating-point operations a second."""
        return None if self.flops is None else self.flops / self.seconds
