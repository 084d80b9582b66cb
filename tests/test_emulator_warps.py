"""Operations of a warp and a block, translated and executed, against PTX's own definitions in plain Python."""

import numpy as np
import pytest
from emulator_helpers import HEAD

from jitkit.emulator.module import Module

LANES = 32
ALL = 0xFFFFFFFF


def run(body, *columns, functions="", threads=LANES):
    """Run a body with ``a`` and ``b`` in each thread; return ``d`` and ``e``."""
    arrays = [np.array(column, np.uint32) for column in columns]
    names = "abc"[: len(arrays)]
    lines = [".reg .b32 %i, d, e, a, b, c; .reg .pred p, q; .reg .b64 %base, %at;", "mov.u32 %i, %tid.x; mov.u32 e, 0;"]
    for name in (*names, "out"):
        lines += [f"ld.param.u64 %base, [p{name}]; mad.wide.u32 %at, %i, {8 if name == 'out' else 4}, %base;"]
        lines += [f"ld.u32 {name}, [%at];"] if name != "out" else []
    parameters = ", ".join(f".param .u64 p{name}" for name in (*names, "out"))
    text = (
        HEAD
        + functions
        + f".visible .entry k({parameters}) {{\n"
        + "\n".join(lines)
        + body
        + "\nst.v2.u32 [%at], {d, e}; ret; }"
    )
    out = np.zeros((threads, 2), np.uint32)
    Module(text).launch("k", 1, threads, [*arrays, out])
    return out[:, 0].tolist(), out[:, 1].tolist()


def shuffled(mode, lane, offset, clamp):
    """The lane that is read and whether it is in range: section "shfl.sync" of the PTX document."""
    bound, segment = clamp & 31, clamp >> 8 & 31
    top = (lane & segment) | (bound & ~segment & 31)
    low = lane & segment
    j, fine = {
        "up": (lane - offset, lane - offset >= top),
        "down": (lane + offset, lane + offset <= top),
        "bfly": (lane ^ offset, lane ^ offset <= top),
        "idx": (low | (offset & ~segment & 31), (low | (offset & ~segment & 31)) <= top),
    }[mode]
    return (j if fine else lane), fine


@pytest.mark.parametrize("mode", ["up", "down", "bfly", "idx"])
@pytest.mark.parametrize("width", [32, 16, 4])
@pytest.mark.parametrize("offset", [0, 1, 3, 17])
def test_shuffles(mode, width, offset):
    values = [1000 + 7 * lane for lane in range(LANES)]
    clamp = (32 - width) << 8 | (0 if mode == "up" else 31)
    got, fine = run(f"shfl.sync.{mode}.b32 d|p, a, {offset}, {clamp}, -1; selp.u32 e, 1, 0, p;", values)
    want = [shuffled(mode, lane, offset, clamp) for lane in range(LANES)]
    assert got == [values[j] for j, _ in want]
    assert fine == [int(f) for _, f in want]


def test_votes_of_parts_of_a_warp():
    votes = [int(lane % 3 == 0) for lane in range(LANES)]
    body = """setp.ne.u32 p, a, 0; setp.lt.u32 q, %i, 12; @q bra low;
        vote.sync.ballot.b32 d, p, 0xFFFFF000; bra done;
        low: vote.sync.ballot.b32 d, p, 0xFFF; vote.sync.any.pred q, p, 0xFFF; selp.u32 e, 1, 0, q;
        done:"""
    ballot = sum(v << lane for lane, v in enumerate(votes))
    got, answered = run(body, votes)
    assert got == [ballot & (0xFFF if lane < 12 else 0xFFFFF000) for lane in range(LANES)]
    assert answered == [int(lane < 12) for lane in range(LANES)]


@pytest.mark.parametrize("votes", [[1] * 32, [0] * 32, [1] * 31 + [0]])
def test_votes(votes):
    body = """setp.ne.u32 p, a, 0; vote.sync.all.pred q, p, -1; selp.u32 d, 1, 0, q;
        vote.sync.uni.pred q, !p, -1; selp.u32 e, 1, 0, q;"""
    assert run(body, votes) == ([int(all(votes))] * 32, [int(len(set(votes)) == 1)] * 32)


def test_matches():
    values = [lane % 5 for lane in range(LANES)]
    masks = [sum(1 << j for j in range(LANES) if values[j] == v) for v in values]
    got, agree = run("match.any.sync.b32 d, a, -1; match.all.sync.b32 e|p, 9, -1; @!p mov.u32 e, 1;", values)
    assert got == masks
    assert agree == [ALL] * LANES
    assert run("match.all.sync.b32 d|p, a, -1; selp.u32 e, 1, 0, p;", values) == ([0] * LANES, [0] * LANES)


@pytest.mark.parametrize(
    "name", ["add.s32", "min.s32", "max.s32", "min.u32", "max.u32", "and.b32", "or.b32", "xor.b32"]
)
def test_reductions_of_a_warp(name):
    values = np.random.default_rng(0).integers(0, 2**32, LANES, dtype=np.uint32)
    numbers = values.view(np.int32) if name.endswith("s32") else values
    function = {"add": np.add, "min": np.minimum, "max": np.maximum, "and": np.bitwise_and, "or": np.bitwise_or}
    want = function.get(name.split(".")[0], np.bitwise_xor).reduce(numbers, dtype=numbers.dtype)
    got, _ = run(f"redux.sync.{name} d, a, -1;", values)
    assert got == [int(want) & ALL] * LANES


def test_active_lanes_and_the_elected_one():
    body = "setp.lt.u32 q, %i, 9; mov.u32 d, 0; @q activemask.b32 d; elect.sync e|p, -1; @p add.u32 e, e, 100;"
    got, elected = run(body)
    assert got == [0x1FF] * 9 + [0] * 23
    assert sum(v >= 100 for v in elected) == 1
    assert len({v % 100 for v in elected}) == 1


def test_reductions_at_a_barrier():
    threads = 100
    votes = [int(i % 7 == 0) for i in range(threads)]
    body = "setp.ne.u32 p, a, 0; bar.red.popc.u32 d, 0, p; bar.red.or.pred q, 0, !p; selp.u32 e, 1, 0, q;"
    assert run(body, votes, threads=threads) == ([sum(votes)] * threads, [1] * threads)


def test_a_barrier_inside_a_function():
    """The function is inlined, twice, with labels and registers of its own."""
    functions = """.shared .align 4 .b8 s[512];
    .func (.param .b32 out) neighbour(.param .b32 v) { .reg .b32 x, i, n; .reg .pred p;
        mov.u32 i, %tid.x; mov.u32 n, s; mad.lo.u32 n, i, 4, n; ld.param.u32 x, [v]; st.shared.u32 [n], x; bar.sync 0;
        setp.eq.u32 p, i, 0; @p bra first; ld.shared.u32 x, [n+-4]; bra.uni done; first: mov.u32 x, 77;
        done: bar.sync 0; st.param.b32 [out], x; ret; }
    """
    call = "{{ .param .b32 v; .param .b32 o; st.param.b32 [v], {}; call (o), neighbour, (v); ld.param.b32 {}, [o]; }}"
    got, twice = run(call.format("a", "d") + call.format("d", "e"), range(64), functions=functions, threads=64)
    assert got == [77, *range(63)]
    assert twice == [77, 77, *range(62)]


def test_lanes_that_have_shuffled_apart_meet_again():
    """What the halves of a warp did before has no part in where they meet."""
    body = """
        setp.lt.u32 p, %i, 16; @p bra low;
        shfl.sync.down.b32 d, a, 1, 31, 0xFFFF0000; bra.uni meet;
        low: shfl.sync.up.b32 d, a, 1, 0, 0x0000FFFF;
        meet: bar.warp.sync -1;
    """
    got, _ = run(body, range(LANES))
    assert got == [0, *range(15), *range(17, 32), 31]
