"""`jk.ode.solve_ensemble` against SciPy's solve_ivp, step for step, and against solutions that are known."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import jitkit as jk

SPRING, DECAY = (3.0, 0.4), 0.5
POINTS = np.array([0.0, 0.3, 1.0, 1.7, 2.5])


def pendulum(t, y, p):
    omega, damping = p
    return y[1], -omega * omega * math.sin(y[0]) - damping * y[1]


def with_numpy(t, y, omega, damping):
    return np.array([y[1], -omega * omega * np.sin(y[0]) - damping * y[1]])


def ring(t, y, dydt, p):
    """Coupled cells on a ring, more than fit in a tuple."""
    for k in range(12):
        dydt[k] = p[0] * (y[(k + 1) % 12] - y[k]) - y[k] * y[k]


def ring_of_numpy(t, y, coupling):
    return coupling * (np.roll(y, -1) - y) - y * y


def states(n, count, dtype="float64"):
    return np.random.default_rng(n).normal(size=(n, count)).astype(dtype)


@functools.cache
def scipys(k, **options):
    y0 = states(2, 20)[:, k]
    return solve_ivp(with_numpy, (0, 2.5), y0, args=(1 + 0.1 * k, 0.4), t_eval=POINTS, **options)


def ours(backend, dtype="float64", count=20, **options):
    omega = 1 + 0.1 * np.arange(20)[:count]
    return jk.ode.solve_ensemble(
        pendulum, (0, 2.5), states(2, 20, dtype)[:, :count], (omega, 0.4), t_eval=POINTS, backend=backend, **options
    )


@pytest.mark.parametrize("tolerances", [(1e-3, 1e-6), (1e-7, 1e-9)])
def test_takes_the_steps_of_scipy(tolerances, backend):
    rtol, atol = tolerances
    found = ours(backend, rtol=rtol, atol=atol)
    assert found.success
    assert found.y.shape == (2, 5, 20)
    for k in range(0, 20, 4):
        expected = scipys(k, rtol=rtol, atol=atol)
        np.testing.assert_allclose(found.y[:, :, k], expected.y, rtol=1e-10, atol=1e-12)
        assert found.nfev[k] == expected.nfev == 2 + 6 * (found.accepted[k] + found.rejected[k])


def test_other_steps_of_scipy(backend):
    found = ours(backend, count=3, first_step=0.01, max_step=0.1, atol=np.array([1e-3, 1e-5]))
    for k in range(3):
        expected = scipys(k, first_step=0.01, max_step=0.1, atol=(1e-3, 1e-5))
        np.testing.assert_allclose(found.y[:, :, k], expected.y, rtol=1e-10, atol=1e-12)
        assert found.nfev[k] == expected.nfev


def test_float32_stays_float32(backend):
    found = ours(backend, "float32", rtol=1e-4)
    assert found.y.dtype == np.float32
    for k in range(0, 20, 4):
        np.testing.assert_allclose(found.y[:, :, k], scipys(k, rtol=1e-4).y, atol=1e-3)
        assert abs(found.nfev[k] - scipys(k, rtol=1e-4).nfev) <= 12


def test_backwards_and_the_ends_alone(backend):
    forth = jk.ode.solve_ensemble(pendulum, (0, 2.5), states(2, 4), SPRING, rtol=1e-9, atol=1e-9, backend=backend)
    assert forth.t.tolist() == [0, 2.5]
    np.testing.assert_array_equal(forth.y[:, 0], states(2, 4))
    back = jk.ode.solve_ensemble(
        pendulum, (2.5, 0), forth.y[:, 1], SPRING, rtol=1e-9, atol=1e-9, t_eval=[2, 0], backend=backend
    )
    np.testing.assert_allclose(back.y[:, 1], states(2, 4), atol=1e-6)


@pytest.mark.parametrize("method", ["dopri5", "rk4"])
def test_arrays_for_many_components(method, backend):
    y0 = np.abs(states(12, 5))
    found = jk.ode.solve_ensemble(
        ring, (0, 1), y0, (0.7,), method=method, dt=0.01, rtol=1e-8, atol=1e-10, t_eval=[0.25, 1], backend=backend
    )
    for k in range(5):
        expected = solve_ivp(ring_of_numpy, (0, 1), y0[:, k], args=(0.7,), rtol=1e-8, atol=1e-10, t_eval=[0.25, 1])
        np.testing.assert_allclose(found.y[..., k], expected.y, rtol=1e-8 if method == "rk4" else 1e-12)
    if method == "rk4":
        assert found.nfev.tolist() == [400] * 5


def test_rk4_is_of_fourth_order(backend):
    errors = []
    for dt in (0.1, 0.05):
        found = jk.ode.solve_ensemble(
            lambda t, y: -2 * t * y[0], (0, 1.5), np.array([1.0]), method="rk4", dt=dt, backend=backend
        )
        errors.append(abs(found.y[0, -1, 0] - math.exp(-2.25)))
    assert 3.7 < math.log2(errors[0] / errors[1]) < 4.4
    endless = jk.ode.solve_ensemble(
        lambda t, y: 1.0, (0, 2), np.array([1.0]), method="rk4", dt=math.inf, backend="python"
    )
    assert endless.y[0, -1, 0] == 3


def crossing(t, y, p):
    return y[0]


def peak(t, y, p):
    return y[1]


def third(t, y, p):
    return y[0] - 0.3


peak.direction, third.terminal, third.direction = -1, 2, 1


def of_scipy(event):
    def call(t, y, *p):
        return event(t, y, p)

    call.terminal, call.direction = getattr(event, "terminal", False), getattr(event, "direction", 0)
    return call


def test_events_of_scipy(backend):
    events, points = (crossing, peak, third), np.linspace(0, 9, 7)
    for span in ((0, 9), (9, 0)) if backend == "cpu" else ((0, 9),):
        found = jk.ode.solve_ensemble(
            pendulum, span, states(2, 5), (1 + 0.4 * np.arange(5), 0.1), events=events, max_events=3, rtol=1e-8,
            atol=1e-10, t_eval=points[:: 1 if span[1] else -1], dense_output=True, backend=backend,
        )  # fmt: skip
        np.testing.assert_allclose(found.sol(found.t, backend=backend), found.y, rtol=1e-14, atol=1e-15)
        assert found.success
        for k in range(5):
            expected = solve_ivp(
                with_numpy, span, states(2, 5)[:, k], args=(1 + 0.4 * k, 0.1), events=[*map(of_scipy, events)], rtol=1e-8,
                atol=1e-10, t_eval=points[:: 1 if span[1] else -1], dense_output=True,
            )  # fmt: skip
            steps = expected.sol.ts
            np.testing.assert_allclose(found.sol.ts[found.sol.offsets[k] : found.sol.offsets[k + 1]], steps, rtol=1e-6)
            between = 0.3 * steps[1:] + 0.7 * steps[:-1]
            got = found.sol(between, backend=backend)[..., k]
            np.testing.assert_allclose(got, expected.sol(between), rtol=1e-9, atol=1e-10)
            assert found.status[k] == expected.status
            reached = expected.t.size
            np.testing.assert_allclose(found.y[:, :reached, k], expected.y, atol=1e-10)
            assert np.isnan(found.y[:, reached:, k]).all()
            for e, (times, places) in enumerate(zip(expected.t_events, expected.y_events, strict=True)):
                assert found.n_events[e, k] == len(times)
                kept = min(3, len(times))
                np.testing.assert_allclose(found.t_events[e, :kept, k], times[:kept], rtol=1e-10)
                np.testing.assert_allclose(found.y_events[e, :, :kept, k].T, places[:kept].reshape(kept, 2), atol=1e-10)
                assert np.isnan(found.t_events[e, kept:, k]).all()


def robertson(t, y, p):
    a, b, c = p
    made, used, spent = a * y[0], b * y[1] * y[2], c * y[1] * y[1]
    return used - made, made - used - spent, spent


def slopes_of_robertson(t, y, dfdy, p):
    a, b, c = p
    dfdy[0, 0], dfdy[0, 1], dfdy[0, 2] = -a, b * y[2], b * y[1]
    dfdy[1, 0], dfdy[1, 1], dfdy[1, 2] = a, -b * y[2] - 2 * c * y[1], -b * y[1]
    dfdy[2, 0], dfdy[2, 1], dfdy[2, 2] = 0, 2 * c * y[1], 0


def half(t, y, p):
    return y[0] - 0.5


def test_stiff_systems(backend):
    rates, points = (np.array([0.04, 0.04, 0.1, 0.02, 0.04]), 1e4, 3e7), [0.4, 40.0, 4e3]
    start = np.array([[1.0], [0], [0]])
    jac = slopes_of_robertson if backend == "cpu" else None
    found = jk.ode.solve_ensemble(
        robertson, (0, 4e3), start, rates, method="rodas4", jac=jac, rtol=1e-6, atol=1e-10, t_eval=points, events=half,
        dense_output=True, backend=backend,
    )  # fmt: skip
    assert found.success
    assert (found.accepted < 200).all()
    np.testing.assert_allclose(found.sol([3.0, *points[::-1]], backend=backend)[:, :0:-1], found.y, rtol=1e-13)
    for k in (0, 2, 3):
        expected = solve_ivp(
            lambda t, y, a: np.array(robertson(t, y, (a, 1e4, 3e7))), (0, 4e3), [1.0, 0, 0], "Radau", points,
            args=(rates[0][k],), rtol=1e-9, atol=1e-13, events=lambda t, y, a: y[0] - 0.5,
        )  # fmt: skip
        np.testing.assert_allclose(found.y[..., k], expected.y, rtol=2e-5)
        np.testing.assert_allclose(found.t_events[0, :1, k], expected.t_events[0], rtol=2e-5)


def test_van_der_pols_oscillator():
    def stiff(t, y, p):
        return y[1], p * (1 - y[0] * y[0]) * y[1] - y[0]

    stiffness, points = np.array([1000.0, 500.0, 1000.0]), [300.0, 1200.0, 2000.0]
    found = jk.ode.solve_ensemble(
        lambda t, y, p: (y[1], p[0] * (1 - y[0] * y[0]) * y[1] - y[0]), (0, 2000), np.array([2.0, 0]), (stiffness,),
        method="rodas4", rtol=1e-7, atol=1e-9, t_eval=points,
    )  # fmt: skip
    for k in (0, 1):
        expected = solve_ivp(stiff, (0, 2000), [2.0, 0], "Radau", points, args=(stiffness[k],), rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(found.y[0, :, k], expected.y[0], rtol=1e-5)
    np.testing.assert_array_equal(found.y[..., 2], found.y[..., 0])


def test_rodas_is_of_fourth_order():
    def bend(t, y):
        return -2 * t * y[0] + 0.3 * math.cos(t) * y[0] * y[0]

    points = [1.23, 1.5]
    exact = solve_ivp(
        lambda t, y: -2 * t * y + 0.3 * np.cos(t) * y * y, (0, 1.5), [1.0], "DOP853", points, rtol=1e-13, atol=1e-14
    ).y[0]
    errors = [
        jk.ode.solve_ensemble(
            bend, (0, 1.5), [1.0], method="rodas4", first_step=h, max_step=h, rtol=1, atol=1, t_eval=points, backend="python"
        ).y[0, :, 0] - exact for h in (0.1, 0.05)
    ]  # fmt: skip
    assert 3.5 < math.log2(abs(errors[0][1] / errors[1][1])) < 4.5
    assert abs(errors[0][0]) < 1e-6


def decay_or_explode(t, y, p):
    """Decay for p < 0; for p > 0 reach infinity at t = 1 / (p y)."""
    return (p[0] * y[0] * y[0],)


def test_a_trajectory_that_fails_leaves_the_others_alone(backend):
    rate = np.array([-1.0, 2.0, np.nan, -2.0])
    found = jk.ode.solve_ensemble(
        decay_or_explode, (0, 1), np.ones((1, 1)), (rate,), t_eval=[0.25, 1], backend=backend, rtol=1e-8
    )
    assert found.status.tolist() == [0, -1, -3, 0]
    assert not found.success
    assert found.message == (
        "2 of 4 trajectories: reached the end of the interval; "
        "1 of 4 trajectories: needed a step that is less than the spacing between numbers; "
        "1 of 4 trajectories: met numbers that are not finite"
    )
    np.testing.assert_allclose(found.y[0, 0], [0.8, 2, np.nan, 1 / 1.5], rtol=1e-5)
    np.testing.assert_allclose(found.y[0, 1], [0.5, np.nan, np.nan, 1 / 3], rtol=1e-5)
    few = jk.ode.solve_ensemble(
        decay_or_explode, (0, 1), np.ones((1, 1)), (rate,), max_steps=5, rtol=1e-8, backend=backend
    )
    assert few.status.tolist() == [-2, -2, -3, -2]
    assert few.accepted[0] + few.rejected[0] == 5


def test_fixed_steps_tell_what_is_not_finite(backend):
    found = jk.ode.solve_ensemble(
        decay_or_explode, (0, 9), np.ones((1, 1)), (np.array([-1.0, 2.0]),), method="rk4", dt=0.1, backend=backend
    )
    assert found.status.tolist() == [0, -3]
    assert "1 of 2 trajectories: met numbers that are not finite" in found.message


def test_one_function_is_compiled_once():
    from jitkit.ode.solve_ensemble import _plans

    for _ in range(3):
        jk.ode.solve_ensemble(lambda t, y: -y[0], (0, 1), [1, 2.0][:1], backend="python")
        found = len(_plans)
        jk.ode.solve_ensemble(lambda t, y: -y[0], (0, 1), [1, 2.0][:1], backend="python")
        assert len(_plans) <= found + 1
    count = len(_plans)
    for rate in (1.0, 1.0, 2.0):
        jk.ode.solve_ensemble(lambda t, y: -rate * y[0], (0, 1), [1.0], backend="python")  # noqa: B023
    assert len(_plans) == count + 2


def test_inputs_of_any_layout():
    y0 = states(2, 20)
    expected = ours("python", count=20, method="rk4", dt=0.1).y
    for given in (np.asfortranarray(y0), y0[::-1][::-1], np.repeat(y0, 2, axis=1)[:, ::2]):
        given.flags.writeable = False
        omega = np.repeat(1 + 0.1 * np.arange(20), 2)[::2]
        got = np.full((20, 5, 2), np.nan).T
        found = jk.ode.solve_ensemble(
            pendulum, (0, 2.5), given, (omega, 0.4), method="rk4", dt=0.1, t_eval=POINTS, out=got, backend="python"
        )
        np.testing.assert_array_equal(found.y, expected)
        assert found.y is got
    none = jk.ode.solve_ensemble(pendulum, (0, 1), np.zeros((2, 0)), SPRING)
    assert none.y.shape == (2, 2, 0)
    assert none.success
    still = jk.ode.solve_ensemble(pendulum, (1, 1), y0, SPRING, backend="python")
    np.testing.assert_array_equal(still.y[:, 1], y0)


def test_a_device_array_gives_a_device_array():
    with jk.emulate_cuda():
        found = jk.ode.solve_ensemble(
            decay_or_explode, (0, 1), jk.asarray(np.ones((1, 3)), device="cuda"), (-1.0,), rtol=1e-6, dense_output=True
        )
        assert not isinstance(found.y, np.ndarray)
        np.testing.assert_allclose(jk.to_numpy(found.y)[0, 1], 0.5, rtol=1e-5)
        assert found.success
        halfway = found.sol(0.5)
        assert not isinstance(halfway, np.ndarray)
        np.testing.assert_allclose(jk.to_numpy(halfway), np.full((1, 3), 1 / 1.5), rtol=1e-5)


def test_solutions_end_where_trajectories_do():
    rate = np.array([-1.0, 2.0, np.nan])
    found = jk.ode.solve_ensemble(
        decay_or_explode, (0, 1), np.ones((1, 1)), (rate,), rtol=1e-6, dense_output=True, backend="python"
    )
    with jk.backend("python"):
        np.testing.assert_allclose(found.sol(0.25), [[0.8, 2, np.nan]], rtol=1e-5)
        np.testing.assert_array_equal(found.sol(0.0), np.ones((1, 3)))  # one has taken no step
        out = np.empty((1, 4, 3), np.float32)
        assert found.sol([1.0, 0.6, -0.1, 1.1], out=out) is out
        np.testing.assert_array_equal(np.isfinite(out[0, :, 0]), [True, True, False, False])
        np.testing.assert_array_equal(out[0, 0, 0], np.float32(found.y[0, 1, 0]))
        assert np.isnan(out[0, :, 1:]).all()
        with pytest.raises(ValueError, match=r"jk\.ode\.OdeSolution: t has the shape"):
            found.sol([[0.0]])
        with pytest.raises(jk.KernelTypeError, match=r"jk\.ode\.OdeSolution: elements of dtype <U1 are no numbers"):
            found.sol("a")
        with pytest.raises(jk.LaunchError, match=r"jk\.ode\.OdeSolution: out= has the shape"):
            found.sol(0.5, out=out)
        again = np.ones((1, 2, 3))  # goes on where it ended
        over = jk.ode.solve_ensemble(
            decay_or_explode, (0, 1), again[:, 1], (rate,), rtol=1e-6, dense_output=True, out=again
        )
        np.testing.assert_array_equal(over.y, found.y)
        np.testing.assert_array_equal(over.sol.rows, found.sol.rows)
        still = jk.ode.solve_ensemble(decay_or_explode, (1, 1), np.ones((1, 2)), (1.0,), dense_output=True)
        np.testing.assert_array_equal(still.sol([1.0, 2.0]), [[[1, 1], [np.nan, np.nan]]])
        none = jk.ode.solve_ensemble(pendulum, (0, 1), np.zeros((2, 0)), SPRING, dense_output=True)
        assert none.sol([0.5]).shape == (2, 1, 0)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"method": "euler"}, ValueError, "method='euler'"),
        ({"method": "rk4"}, ValueError, "give dt="),
        ({"method": "rk4", "dt": -0.1}, ValueError, "dt is -0.1"),
        ({"t_span": (0, np.inf)}, ValueError, "must be finite"),
        ({"t_span": 3}, ValueError, "two numbers"),
        ({"t_eval": [0.5, 2]}, ValueError, "not within t_span"),
        ({"t_eval": [0.5, 0.2]}, ValueError, "not sorted"),
        ({"t_eval": "ab"}, jk.KernelTypeError, "solve_ensemble, t_eval: elements of dtype <U2"),
        ({"rtol": -1}, ValueError, "rtol is -1"),
        ({"atol": "ab"}, jk.KernelTypeError, "solve_ensemble, atol: elements of dtype <U2"),
        ({"atol": [1, 2, 3]}, jk.LaunchError, r"atol has the shape \(3,\)"),
        ({"max_step": 0}, ValueError, "max_step is 0"),
        ({"max_steps": 0}, ValueError, "max_steps is 0"),
        ({"first_step": 7}, ValueError, "longer than t_span"),
        ({"y0": np.zeros((2, 3, 4))}, jk.LaunchError, r"shape \(2, 3, 4\)"),
        ({"y0": np.zeros(2) * 1j}, jk.KernelTypeError, "takes real numbers"),
        ({"y0": np.zeros(3)}, jk.KernelTypeError, "a tuple of 2, and y0 has 3"),
        ({"y0": np.zeros((3, 2))}, jk.KernelTypeError, "3 components, one to each row: .* pass y0.T if its rows"),
        ({"y0": np.zeros((9, 2))}, jk.KernelError, "9 components, one to each row: .* pass y0.T if its rows"),
        ({"y0": np.zeros(9)}, jk.KernelError, r"f\(t, y, dydt, p\)"),
        ({"y0": np.zeros((2, 4)), "params": (np.zeros(3), 1)}, jk.LaunchError, "4 trajectories"),
        ({"params": np.zeros(1000)}, jk.LaunchError, "params=.values,."),
        ({"params": None}, jk.KernelError, "f takes 3 arguments"),
        ({"params": 1.0}, jk.KernelTypeError, "f failed on 2 components of y and 1 of p"),
        ({"f": "pendulum"}, jk.KernelError, "plain Python function"),
        ({"out": np.zeros((2, 3, 1))}, jk.LaunchError, "out= has the shape"),
        ({"backend": "gpu"}, jk.BackendError, "gpu"),
        ({"method": "rk4", "dt": 0.1, "events": crossing}, ValueError, "finds no events"),
        ({"events": 3}, jk.KernelTypeError, r"takes a function or several, and events\[0\] is 3"),
        ({"events": [crossing, lambda t, y: 0.0]}, jk.KernelError, r"events\[1\] takes 2 arguments: write events"),
        ({"events": lambda t, y, p: y}, jk.KernelTypeError, r"events\[0\] returns a tuple: return a number"),
        ({"events": lambda t, y, p: None}, jk.KernelTypeError, r"events\[0\] returns a NoneType: return a number"),
        ({"f": lambda t, y, p: None, "y0": [1.0]}, jk.KernelTypeError, "f returns a NoneType, and y0 has 1"),
        ({"events": crossing, "max_events": 0}, ValueError, "max_events is 0"),
        ({"method": "rk4", "dt": 0.1, "dense_output": True}, ValueError, "draws no curves"),
        ({"jac": slopes_of_robertson}, ValueError, "jac= is for method='rodas4'"),
        ({"jac": lambda t, y, dfdy, p: y, "method": "rodas4"}, jk.KernelTypeError, "jac returns a value"),
    ],
)
def test_mistakes_are_named(change, error, message):
    given = {"f": pendulum, "t_span": (0, 1), "y0": np.ones(2), "params": SPRING, **change}
    with pytest.raises(error, match=message):
        jk.ode.solve_ensemble(**given)


@pytest.mark.parametrize("method", ["dopri5", "rodas4"])
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-6), ("float32", 1e-4)])
def test_components_that_are_zero_without_absolute_tolerance(method, dtype, rtol, backend):
    """SciPy's solve_ivp makes 0 / 0 of the first two, and never comes back: the solutions are known."""

    def rests(t, y):
        return -y[0], 0 * y[1]

    def grows(t, y):
        return -y[0], y[0]

    decay = math.exp(-1)
    for f, start, expected in (
        (rests, (1, 0), (decay, 0)), (rests, (0, 0), (0, 0)), (grows, (1, 0), (decay, 1 - decay))
    ):  # fmt: skip
        y0 = np.array(start, dtype).reshape(2, 1)
        for atol in (0, [1e-8, 0]):
            found = jk.ode.solve_ensemble(f, (0, 1), y0, method=method, rtol=rtol, atol=atol, backend=backend)
            assert found.status.tolist() == [0]
            np.testing.assert_allclose(found.y[:, -1, 0], expected, rtol=20 * rtol)
