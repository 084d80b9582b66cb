"""Every mistake a newcomer can make gets one clear error that names the kernel and, in a body, the user's own line."""

from __future__ import annotations

import dataclasses
import enum
import functools
import importlib.util
import linecache
import math
import random
import re
import traceback

import numpy as np
import pytest
from scipy import special

import jitkit as jk
from jitkit import errors

CHECKED = ("python", "cpu")


@jk.kernel
def good(i, a, x, y):
    y[i] = a * x[i]


class Mode(enum.Enum):
    FAST = 1


@dataclasses.dataclass
class Mutable:
    mass: float


def arrays():
    return np.ones(8, np.float32), np.zeros(8, np.float32)


def read_only():
    array = np.zeros(8)
    array.flags.writeable = False
    return array


def masked(array):
    return np.ma.array(array, mask=np.arange(array.size) == 1)


@pytest.mark.parametrize(
    ("space", "text"),
    [
        (-3, r"good\[\.\.\.\]: an extent of the launch space is -3, and nothing counts from the end here"),
        (2.5, "an integer, not 2.5 "),
        (True, "an integer, not True"),
        ("8", "an integer, not '8'"),
        (None, "an integer, not None"),
        ((), "1 to 4 dimensions, not 0"),
        ((1,) * 5, "1 to 4 dimensions, not 5"),
        (slice(1, None), "no stop: write start:stop"),
        (slice(0, 8, -1), "a step of the launch space is -1; it must be from 1 to"),
        (slice(-2, 8), "a start of the launch space is -2"),
        (slice(0, 8, 0.5), "a step of the launch space is an integer"),
        ((2**40, 2**40), "1208925819614629174706176 points"),
        (2**70, "must be from 0 to"),
    ],
)
def test_bad_spaces(space, text):
    with pytest.raises(jk.LaunchError, match=text):
        good[space](1.0, *arrays())


@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda x, y: good[3, 3](1.0, x, y),
            jk.LaunchError,
            r"2-D launch space makes \(i, a\) the indices and \(x, y\)",
        ),
        (lambda x, y: good[8](1.0, x), jk.LaunchError, r"missing a required argument: 'y'.*got 2 arguments"),
        (lambda x, y: good[8](1.0, x, y, z=1), jk.LaunchError, r"unexpected keyword argument 'z'.*got 3 arguments, z="),
        (lambda x, y: good(1, 1.0, x, y), jk.KernelTypeError, r"launched over a space: good\[n\]"),
        (lambda x, y: good[2](1.0, [1, 2], y), jk.KernelTypeError, r"argument x is a list: pass np\.asarray"),
        (
            lambda x, y: good[2](1.0, np.array([1, None]), y),
            jk.KernelTypeError,
            "argument x is an array of dtype object",
        ),
        (
            lambda x, y: good[2](1.0, np.zeros(2, "M8[s]"), y),
            jk.KernelTypeError,
            "argument x is an array of dtype datetime64",
        ),
        (lambda x, y: good[2](1.0, np.array(["a"]), y), jk.KernelTypeError, "argument x is an array of dtype <U1"),
        (lambda x, y: good[2](1.0, np.zeros(2, np.longdouble), y), jk.KernelTypeError, "the widest float is float64"),
        (lambda x, y: good[2](np.longdouble(1), x, y), jk.KernelTypeError, r"a longdouble.*: pass float\(a\)"),
        (lambda x, y: good[2](np.clongdouble(1), x, y), jk.KernelTypeError, r"a clongdouble.*: pass complex\(a\)"),
        (lambda x, y: good[2](np.timedelta64(1, "s"), x, y), jk.KernelTypeError, r"a is a timedelta64.*numbers only"),
        (
            lambda x, y: good[2](1.0, masked(x), y),
            jk.KernelTypeError,
            r"x has masked elements.*pass x\.filled\(value\)",
        ),
        (lambda x, y: good[2](1.0, x.astype(">f4"), y), jk.KernelTypeError, "byte order of another machine"),
        (lambda x, y: good[2](None, x, y), jk.KernelTypeError, "argument a is None, and is read here"),
        (lambda x, y: good[2]("a", x, y), jk.KernelTypeError, "argument a is a str"),
        (lambda x, y: good[2](Mode.FAST, x, y), jk.KernelTypeError, r"a is a Mode: pass its \.value, or .*IntEnum"),
        (lambda x, y: good[2](Mutable(1.0), x, y), jk.KernelTypeError, r"a is a Mutable: .*@dataclass\(frozen=True\)"),
        (lambda x, y: good[2]({}, x, y), jk.KernelTypeError, "argument a is a dict"),
        (lambda x, y: good[2](2**70, x, y), jk.LaunchError, "beyond 64 bits"),
        (
            lambda x, y: good[2](1.0, x, read_only()),
            jk.LaunchError,
            "good writes to argument y, which is a read-only array",
        ),
        (lambda x, y: good[2]((1.0, [2]), x, y), jk.KernelTypeError, r"argument a\[1\] is a list"),
    ],
)
def test_bad_arguments(name, call, error, text):
    with jk.backend(name), pytest.raises(error, match=text):
        call(*arrays())


def test_methods_are_no_kernels():
    class Model:
        @jk.kernel
        def step(self, i, x):
            x[i] += 1

        @jk.kernel
        def halved(i, x):  # noqa: N805
            x[i] /= 2

    x = np.ones(3)
    with pytest.raises(
        jk.LaunchError, match=r"step\(self, i, x\).*self would be the first index: define it without self"
    ):
        Model().step[3](x)
    Model.halved[3](x)
    assert x.tolist() == [0.5, 0.5, 0.5]


def test_a_kernel_that_worked_still_refuses():
    x, y = arrays()
    good[8](1.0, x, y)
    with pytest.raises(jk.LaunchError, match="read-only"):
        good[8](1.0, x, read_only())
    with pytest.raises(jk.KernelTypeError, match="dtype object"):
        good[8](1.0, x.astype(object), y)
    with pytest.raises(jk.LaunchError, match=r"an integer, not 8\.0"):
        good[8.0](1.0, x, y)
    with pytest.raises(jk.LaunchError, match="missing a required argument"):
        good[8](1.0, x)


def test_unknown_backends():
    for call in (lambda: good.on("gpu"), lambda: jk.backend("gpu").__enter__(), lambda: good.compile(backend="gpu")):
        with pytest.raises(jk.BackendError, match=r"no backend 'gpu'; there are 'python', 'cpu', 'cuda'") as caught:
            call()
        del caught


@pytest.mark.skipif(len(jk.devices()) > 1, reason="a GPU is here")
def test_cuda_without_a_gpu_says_what_is_missing():
    with pytest.raises(jk.BackendError, match=r"cuda backend cannot run here: .*NUMBA_ENABLE_CUDASIM"):
        good.on("cuda")[2](1.0, *arrays())
    with pytest.raises(jk.BackendError, match="cuda backend cannot run here"):
        jk.zeros(3, device="cuda")


# ---- bodies: one marked line each, where the error must point


@jk.kernel
def makes_list(i, x):
    v = [1, 2]  # here
    x[i] = v[0]


@jk.kernel
def returns_value(i, x):
    return x[i]  # here


@jk.kernel
def calls_undefined(i, x):
    x[i] = no_such_function(3)  # here  # noqa: F821


@jk.kernel
def calls_unknown_math(i, x):
    x[i] = math.prod((3, 4))  # here


@jk.kernel
def calls_wrong_arity(i, x):
    x[i] = math.sqrt(x[i], 2)  # here


@jk.kernel
def stores_text(i, x):
    x[i] = "a"  # here


@jk.kernel
def slices(i, x):
    x[1:3] = 0  # here


@jk.kernel
def raises(i, x):
    raise ValueError  # here


@jk.kernel
def asserts(i, x):
    assert x[i] > 0  # here


@jk.kernel
def tries(i, x):
    try:  # here
        x[i] = 1
    finally:
        x[i] = 2


@jk.kernel
def defines(i, x):
    def inner():  # here
        return 1

    x[i] = inner()


@jk.kernel
def contains(i, x):
    if x[i] in x:  # here
        x[i] = 0


GLOBAL_ARRAY = np.zeros(3)


@jk.kernel
def closes_over_array(i, x):
    x[i] = GLOBAL_ARRAY[i]  # here


def _bad_helper(a):
    return {a}  # here


@jk.kernel
def calls_bad_helper(i, x):
    x[i] = _bad_helper(x[i])


@jk.kernel
def calls_a_variable(i, x):
    function = x[i]
    x[i] = function(i)  # here


def _sum_of(*values):
    return values[0]


@jk.kernel
def calls_with_any_number(i, x):
    x[i] = _sum_of(x[i], 2.0)  # here


@jk.kernel
def reads_no_number(i, x):
    x[i] = float("one")  # here


@jk.kernel
def slices_by_a_variable(i, x):
    x[i] = len(x.shape[i:])  # here


@jk.kernel
def slices_by_nothing(i, x):
    x[i] = len(x.shape[::0])  # here


CONSTANTS = [1.0, 2.0]


@jk.kernel
def closes_over_list(i, x):
    x[i] = CONSTANTS[0]  # here


@jk.kernel
def closes_over_enum(i, x):
    if x[i] == Mode.FAST:  # here
        x[i] = 0


@jk.kernel
def calls_a_kernel(i, x):
    good(i, 1.0, x, x)  # here


BODIES = {
    calls_with_any_number: r"_sum_of\(\*values\), which takes \*values, cannot be used.*name each parameter",
    reads_no_number: r"float\('one'\): could not convert",
    slices_by_a_variable: "'i' as an end of a slice of a tuple cannot be used in a kernel: write a number",
    slices_by_nothing: "the step of a slice is 0",
    closes_over_list: r"'CONSTANTS' \(a list\) cannot be used in a kernel: make it a tuple",
    closes_over_enum: r"'Mode.FAST' \(a Mode\) cannot be used in a kernel: write its \.value, or .*IntEnum",
    calls_a_kernel: "calling the kernel good cannot be used in a kernel: put what both do into a plain function",
    calls_a_variable: "calling the variable function cannot be used in a kernel: functions are no values there",
    makes_list: "a list cannot be used in a kernel: use a tuple",
    returns_value: "a kernel returns no value",
    calls_undefined: "'no_such_function' is not defined",
    calls_unknown_math: r"math.prod\(...\) cannot be used.*write a for loop",
    calls_wrong_arity: "math.sqrt with 2 arguments",
    stores_text: "the literal 'a'",
    slices: "a slice cannot be used",
    raises: "raise cannot be used in a kernel: write a flag",
    asserts: "assert cannot be used in a kernel: write a flag",
    tries: "try cannot be used",
    defines: "a function defined inside cannot be used in a kernel: define it outside",
    contains: "in of anything but a tuple that is written out or constant",
    closes_over_array: "the array 'GLOBAL_ARRAY' from outside the kernel.*pass it as an argument",
}


def _calling(value):
    """Return a kernel that calls what is given, whose name in its source is `function`."""
    function = value

    @jk.kernel
    def calls(i, x):
        x[i] = function(3)  # here

    return calls


CALLS = {
    sum: "write a for loop that accumulates", enumerate: r"for i, v in enumerate\(x\) works", np.sum: "write a for loop",
    np.zeros: r"jk\.local\(shape, dtype\)", np.random.rand: r"jk\.random\.uniform\(key, i\)",
    random.random: r"jk\.random\.uniform\(key, i\)", functools.partial(min, 3): "write a plain function",
    special.erf: "write math.erf", special.jv: "call it outside, on whole arrays",
    functools.cache(_bad_helper): "call the function without its cache", np.interp: "NumPy functions of numbers are: abs",
}  # fmt: skip


@pytest.mark.parametrize("function", CALLS, ids=lambda function: getattr(function, "__name__", type(function).__name__))
def test_calls_that_kernels_cannot_make_say_what_to_write(function):
    with pytest.raises(jk.KernelSyntaxError, match=rf"calls: function\(\.\.\.\) cannot be used.*{CALLS[function]}"):
        _calling(function).on("cpu")[3](np.zeros(3))


def marked_line(func) -> int:
    import inspect

    lines, first = inspect.getsourcelines(func)
    return next(first + k for k, line in enumerate(lines) if "# here" in line)


@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize("kernel", BODIES, ids=lambda kernel: kernel.name)
def test_bad_bodies_point_at_the_line_on_every_backend(name, kernel):
    with jk.backend(name), pytest.raises(jk.KernelSyntaxError, match=BODIES[kernel]) as caught:
        kernel[2](np.ones(8))
    assert f"{__file__}:{marked_line(kernel.func)}: {kernel.name}: " in str(caught.value)


@pytest.mark.parametrize("name", CHECKED)
def test_a_helpers_error_points_into_the_helper(name):
    with jk.backend(name), pytest.raises(jk.KernelSyntaxError, match="_bad_helper: a set cannot be used") as caught:
        calls_bad_helper[2](np.ones(8))
    assert f"{__file__}:{marked_line(_bad_helper)}:" in str(caught.value)


# ---- types


@jk.kernel
def adds_array(i, x):
    x[i] = (x + 1)[i]  # here


@jk.kernel
def too_many_indices(i, x):
    x[i, i] = 1  # here


@jk.kernel
def float_index(i, x):
    x[i] = x[0.5 * i]  # here


@jk.kernel
def stores_complex(i, x):
    x[i] = 1j * x[i]  # here


@jk.kernel
def two_types(i, x):
    v = x
    if i > 3:
        v = 1.0
    x[i] = v  # here


@jk.kernel
def two_lengths(i, x):
    v = (1.0, x[i]) if i > 3 else (x[i],)  # here
    x[i] = v[0]


@jk.kernel
def reads_unassigned(i, x):
    x[i] = late  # here  # noqa: F821
    late = 3  # noqa: F841


def _asks_attribute(a):
    return a.colour  # here


@jk.kernel
def attribute_in_helper(i, x):
    x[i] = _asks_attribute(x)


TYPES = {
    adds_array: r"\+ is not defined for 1-D array of float64 and Python int; .*index the array",
    too_many_indices: "2 indices for a 1-D array of float64",
    float_index: "an index is an integer or a tuple of integers, not Python float",
    stores_complex: "storing a complex number into a 1-D array of float64: take its .real part",
    two_types: "variable 'v' is .* in one place and .* in another",
    two_lengths: "an expression is .* or .*, as a condition says; give both one type",
    reads_unassigned: "variable 'late' is read before anything is assigned",
}


@pytest.mark.parametrize("kernel", TYPES, ids=lambda kernel: kernel.name)
def test_type_errors_are_one_sentence_at_the_line_with_the_argument_types(kernel):
    with pytest.raises(jk.KernelTypeError, match=TYPES[kernel]) as caught:
        kernel[2](np.ones(8))
    text = str(caught.value)
    assert "arguments: x: 1-D float64 array" in text
    assert re.search(rf"{re.escape(__file__)}:\d+: {kernel.name}: ", text)
    assert len(text.splitlines()) <= 5
    assert caught.value.__context__ is not None  # the compiler's own report stays behind it, and is not shown
    assert "numba" not in "".join(traceback.format_exception(caught.value))


@jk.kernel
def field_by_name(i, x):
    x[i]["b"] = 1  # here


@jk.kernel
def field_as_attribute(i, x):
    x["a"][i] = x[i].b  # here


@jk.kernel
def field_of_all(i, x):
    x["a"][i] = x["b"][i]  # here


@pytest.mark.parametrize("kernel", [field_by_name, field_as_attribute, field_of_all], ids=lambda kernel: kernel.name)
def test_a_field_that_records_have_not_is_named(kernel):
    with pytest.raises(jk.KernelTypeError, match=rf"{kernel.name}: the records have no field 'b'") as caught:
        kernel[2](np.ones(8, [("a", float)]))
    assert "# here" in str(caught.value)


def test_type_errors_in_helpers_point_into_the_helper():
    with pytest.raises(jk.KernelTypeError, match=r"has no \.colour in a kernel") as caught:
        attribute_in_helper[2](np.ones(8))
    assert f"{__file__}:{marked_line(_asks_attribute)}:" in str(caught.value)


@jk.kernel
def prints(i, x):
    print(x[i])


def test_print_works_in_the_interpreter_only(capsys):
    prints.on("python")[2](np.ones(8))
    assert capsys.readouterr().out == "1.0\n1.0\n"
    with pytest.raises(
        jk.KernelSyntaxError, match=r"print\(\) runs in the interpreter only: with jk.backend\('python'\)"
    ):
        prints[2](np.ones(8))


def test_an_exception_in_the_interpreter_names_kernel_and_point():
    with pytest.raises(IndexError) as caught:
        good.on("python")[9](1.0, *arrays())
    assert caught.value.__notes__ == ["in kernel good at point (8,)"]


def test_sources_that_cannot_be_read():
    namespace: dict = {}
    exec("def made(i, x):\n    x[i] = 1\n", namespace)
    for name in CHECKED:
        with (
            jk.backend(name),
            pytest.raises(jk.KernelSyntaxError, match=r"source of kernel function 'made' cannot be read"),
        ):
            jk.kernel(namespace["made"])[2](np.ones(2))
    with pytest.raises(jk.KernelSyntaxError, match="a lambda is no kernel"):
        jk.kernel(lambda i, x: None)[2](np.ones(2))
    with pytest.raises(jk.KernelTypeError, match="takes a plain function"):
        jk.kernel(int)


EDITED = """import jitkit as jk

@jk.kernel
def scale(i, x):
    x[i] = x[i] * 2.0

twice, thrice = (lambda v: v * 2.0), (lambda v: v * 3.0)
"""


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """Return a module, and what writes its file anew."""
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "edited_meanwhile.py"
    path.write_text(EDITED)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def write(text):
        path.write_text(text)
        linecache.clearcache()  # two changes within the clock's step

    return module, write


def test_sources_that_were_edited_after_the_import_are_refused(edited):
    module, write = edited
    changed = r"edited_meanwhile.py:3: 'scale' was edited after it was imported.*importlib.reload"
    for text in (EDITED.replace("2.0", "9.0"), EDITED.replace("2.0", "2.0 *"), EDITED.replace("scale", "other")):
        write(text)
        with pytest.raises(jk.KernelSyntaxError, match=changed):
            module.scale.on("cpu")[2](np.ones(2))
    write("")
    with pytest.raises(jk.KernelSyntaxError, match=r"edited_meanwhile\.py' is gone, or has fewer lines"):
        module.scale.on("cpu")[2](np.ones(2))
    # Had it been compiled, the cache would now have 9 under the name of 2.
    write(EDITED)
    x = np.ones(2)
    module.scale.on("cpu")[2](x)
    assert x.tolist() == [2, 2]


def test_functions_are_found_where_an_edited_file_has_them_now(edited):
    module, write = edited
    write("# a line more\n\n" + EDITED)
    x = np.ones(2)
    module.scale.on("cpu")[2](x)
    assert x.tolist() == [2, 2]
    assert jk.map(module.twice, x, backend="cpu").tolist() == [4, 4]


def test_lambdas_that_were_edited_after_the_import(edited):
    module, write = edited
    x = np.ones(2)
    write(EDITED.replace("2.0), (lambda v: v * 3.0", "3.0), (lambda v: v * 2.0"))
    assert jk.map(module.twice, x, backend="cpu").tolist() == [2, 2]
    write(EDITED.replace("v * 3.0", "v * 7.0"))
    with pytest.raises(
        jk.KernelSyntaxError, match=r"edited_meanwhile.py:7: '<lambda>' was edited after it was imported"
    ):
        jk.map(module.thrice, x, backend="cpu")


def test_the_traceback_ends_near_the_users_line():
    try:
        makes_list[2](np.ones(8))
    except jk.KernelSyntaxError as error:
        frames = traceback.extract_tb(error.__traceback__)
    assert len(frames) <= 2


def test_the_traceback_of_a_wrong_environment_variable_ends_there_too(monkeypatch):
    monkeypatch.setenv("JITKIT_BACKEND", "gpu")
    with pytest.raises(
        jk.BackendError, match="environment variable JITKIT_BACKEND: there is no backend 'gpu'"
    ) as caught:
        good[8](1.0, *arrays())
    assert len(caught.traceback) == 2


def test_a_refused_launch_leaves_the_outputs_alone():
    x, y = arrays()
    for call in (lambda: good[8](None, x, y), lambda: good[8, 8](1.0, x, y), lambda: good[-1](1.0, x, y)):
        with pytest.raises(jk.JitkitError):
            call()
    assert (y == 0).all()


def test_a_warning_from_within_numbas_decorated_functions_names_the_users_line():
    scope = {"__name__": "numba.core.compiler", "warn": errors.warn}
    exec(
        "import contextlib\nclass Lock(contextlib.ContextDecorator):\n    __enter__ = __exit__ = lambda *_: None", scope
    )
    exec("@Lock()\ndef compiled():\n    warn('cannot be kept')", scope)
    with pytest.warns(jk.JitkitWarning, match="cannot be kept") as caught:
        scope["compiled"]()
    assert caught[0].filename == __file__


def test_lambda_under_timeit_is_told_to_stand_before_it():
    made = {}
    exec(compile("double = lambda v: 2 * v", "<magic-timeit>", "exec"), made)
    with pytest.raises(jk.KernelSyntaxError, match="%timeit keeps none; define it in a line or a cell before"):
        jk.map(made["double"], np.arange(3))


def test_attribute_that_arrays_lack_is_said_of_their_type():
    with pytest.raises(jk.KernelTypeError, match=r"a 2-D array of float32 has no \.foo in a kernel"):
        takes_what_arrays_lack[1](np.ones((2, 2), np.float32))


@jk.kernel
def takes_what_arrays_lack(i, x):
    x[i, 0] = x.foo
