"""Operations as Numba meets them on the CPU: one question for the types of each call, literals before what they are of."""

import numpy as np
import pytest
from numba.core import types
from numba.core.errors import TypingError
from numba.core.registry import cpu_target

from jitkit.backends.operations import CpuOperation


def made(definition):
    return CpuOperation(definition)._numba_type_


def asked_of(accepts):
    """Return an operation of one number, and the list of the types that it is asked for."""
    asked = []

    def definition(typingctx, value, other=None):
        asked.append(value)
        if not accepts(value):
            raise TypingError(f"refused {value}")
        return types.float64(value), lambda context, builder, signature, args: args[0]

    return made(definition), asked


def resolved(operation, *args, **kws):
    return operation.get_call_type(cpu_target.typing_context, args, kws)


def test_equal_types_are_asked_for_once():
    operation, asked = asked_of(lambda kind: True)
    first, second = (resolved(operation, types.int64) for _ in range(2))
    assert first is second
    assert asked == [types.int64]
    assert first.return_type == types.float64
    assert first.pysig is not None
    assert list(first.pysig.parameters) == ["value", "other"]


def test_literals_come_before_what_they_are_of():
    literal = types.literal(3)
    operation, asked = asked_of(lambda kind: True)
    assert resolved(operation, literal).args == (literal,)
    operation, asked = asked_of(lambda kind: not isinstance(kind, types.Literal))
    assert resolved(operation, literal).args == (types.int64,)
    assert asked == [literal, types.int64]


def test_what_is_refused_is_named_as_written():
    operation, _ = asked_of(lambda kind: False)
    with pytest.raises(TypingError, match=r"refused Literal\[int\]\(3\)"):
        resolved(operation, types.literal(3))
    with pytest.raises(TypingError, match="refused float32"):
        resolved(operation, types.float32)


def test_each_operation_has_a_type_and_code_of_its_own():
    one, other = (asked_of(lambda kind: True)[0] for _ in range(2))
    assert one != other
    signature = resolved(one, types.int64)
    assert one.code(None, signature)(None, [np.int64(7)]) == 7
    with pytest.raises(KeyError):
        other.code(None, signature)
