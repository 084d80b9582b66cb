"""A float32 kernel stays in float32: the code generated for natural kernels has no double-precision arithmetic."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import jitkit as jk

HALF = 0.5
N = 100


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def lerp(a, b, t=0.25):
    return a + t * (b - a)


def horner(x, order):
    total = 0.0
    for k in range(order):
        total = total * x + k
    return total


@jk.kernel
def literals(i, x, a, n, out):
    out[i] = 0.5 * x[i] + 1 - x[i] / 3 + HALF * 2.0


@jk.kernel
def scalar_arguments(i, x, a, n, out):
    out[i] = a * x[i] + n - a


@jk.kernel
def index_times_element(i, x, a, n, out):
    out[i] = i * x[i] + x[i] / (i + 1)


@jk.kernel
def divided_by_an_integer(i, x, a, n, out):
    out[i] = x[i] / n


@jk.kernel
def zero_float_accumulator(i, x, a, n, out):
    total = 0.0
    for k in range(n):
        total += x[k]
    out[i] = total / n


@jk.kernel
def zero_integer_accumulator(i, x, a, n, out):
    total = 0
    for k in range(n):
        total += a * x[k] * k
    out[i] = total


@jk.kernel
def math_functions(i, x, a, n, out):
    out[i] = math.exp(x[i]) + math.sqrt(abs(x[i])) * math.sin(x[i] * math.pi) + math.pow(x[i], 2.5) + math.log1p(x[i])


@jk.kernel
def math_of_two(i, x, a, n, out):
    out[i] = math.atan2(x[i], 1.0) + math.hypot(x[i], a) + math.fmod(x[i], 2) + math.copysign(1.0, x[i])


@jk.kernel
def numpy_functions(i, x, a, n, out):
    out[i] = np.exp(x[i]) + np.maximum(x[i], 0.0) + np.where(x[i] > 1, x[i], 0.5) + np.clip(x[i], 0, 1)


@jk.kernel
def helper_functions(i, x, a, n, out):
    out[i] = sigmoid(x[i]) + lerp(x[i], 2.0) + lerp(0, x[i], a) + horner(x[i], n)


@jk.kernel
def powers(i, x, a, n, out):
    out[i] = x[i] ** 2 + x[i] ** -1 + x[i] ** 0.5 + x[i] ** 3


@jk.kernel
def extremes(i, x, a, n, out):
    out[i] = max(0, x[i]) + min(1.0, x[i], a) + abs(x[i])


@jk.kernel
def conditional(i, x, a, n, out):
    v = 0.0 if x[i] < 0.1 else x[i]
    w = x[i] or 1.0
    if x[i] > a:
        w = 2
    out[i] = v * w


@jk.kernel
def quotients(i, x, a, n, out):
    out[i] = x[i] // 0.3 + x[i] % n


@jk.kernel
def integers_and_rounding(i, x, a, n, out):
    k = int(x[i] * 10)
    out[i] = x[k] + math.floor(x[i]) * x[i] + float(x[i])


@jk.kernel
def single_precision_constants(i, x, a, n, out):
    h = np.float32(0.1)
    out[i] = h * x[i] + np.float32(1) / n


@jk.kernel
def tuples(i, x, a, n, out):
    weights = (0.25, 0.5, 0.25)
    total = 0.0
    for k in range(3):
        total += weights[k] * x[i]
    out[i] = total


KERNELS = [
    literals, scalar_arguments, index_times_element, divided_by_an_integer, zero_float_accumulator,
    zero_integer_accumulator, math_functions, math_of_two, numpy_functions, helper_functions, powers, extremes,
    conditional, quotients, integers_and_rounding, single_precision_constants, tuples,
]  # fmt: skip


def loop_bodies(llvm: str) -> str:
    """Return what runs for each point: all functions but the driver, which takes the arguments from Python."""
    functions = re.findall(r"^define .*?^\}", llvm, re.MULTILINE | re.DOTALL)
    drivers = [function for function in functions if function.startswith("define void @jitkit_driver(")]
    assert len(functions) > len(drivers) == 1
    return "\n".join(function for function in functions if function not in drivers)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_float32_kernels_have_no_double_arithmetic(kernel):
    x = np.linspace(0.1, 0.9, N, dtype=np.float32)
    found = kernel.inspect(x, 0.7, 5, np.zeros_like(x), backend="cpu", space=N)
    assert found.llvm is not None
    body = loop_bodies(found.llvm)
    assert "float" in body
    # A weak float arrives as a pair, and is taken apart once, before the loops.
    assert [line for line in body.splitlines() if "double" in line.replace("{ double, float }", "")] == []
    assert not re.search(r"<\d+ x double>", found.llvm)


def test_a_float64_array_is_seen_in_the_generated_code():
    x = np.linspace(0.1, 0.9, N)
    found = literals.inspect(x, 0.7, 5, np.zeros_like(x), backend="cpu", space=N)
    assert found.llvm is not None
    assert re.search(r"f(add|mul) .*double", loop_bodies(found.llvm))
