"""The PTX reader: what stands in a text, with its lines, and what is no PTX."""

import pytest

from jitkit.emulator.errors import EmulatorError
from jitkit.emulator.reader import read
from jitkit.emulator.syntax import Address, Immediate, Instruction, Label, Name, Negated, Pair, Vector

HEAD = ".version 8.4\n.target sm_90, texmode_independent\n.address_size 64\n"


def body(text):
    module = read(HEAD + ".visible .entry k() {\n" + text + "\n}")
    return module.functions["k"].body


def test_heads_of_modules_and_functions():
    module = read(
        HEAD
        + """
        .visible .entry k(.param .u64 .ptr .global .align 16 a, .param .align 8 .b8 s[24], .param .f32 x)
        .maxntid 256, 2, 1 .minnctapersm 2 { ret; }
        .func (.param .b32 r) f(.param .b64 y);
        .weak .func (.param .b32 r) f(.param .b64 y) { ret; }
        """
    )
    assert module.version == (8, 4)
    assert module.target == "sm_90"
    assert module.entries == ("k",)
    kernel = module.functions["k"]
    assert [(p.name, p.type, p.align, p.count) for p in kernel.parameters] == [
        ("a", "u64", 16, 1), ("s", "b8", 8, 24), ("x", "f32", 0, 1)
    ]  # fmt: skip
    assert kernel.directives == {"maxntid": (256, 2, 1), "minnctapersm": (2,)}
    assert module.functions["f"].body is not None


def test_variables():
    module = read(
        HEAD
        + """.global .align 4 .u32 a, b[3] = {1, 0x10, -1};
        .const .f64 c = 0d4000000000000000; .extern .shared .align 16 .b8 d[]; .global .u32 e[2][2] = {{1, 2}, {3, 4}};
        .global .u64 f = generic(b)+4; .visible .global .v4 .f32 g;"""
    )
    variables = module.variables
    assert [variables[n].count for n in "abcde"] == [1, 3, 1, None, 4]
    assert variables["b"].initial == (Immediate(1), Immediate(16), Immediate(-1))
    assert variables["c"].initial == (Immediate(0x4000000000000000, 64),)
    assert [i.value for i in variables["e"].initial] == [1, 2, 3, 4]
    assert variables["f"].initial == (Name("b", 4, generic=True),)
    assert variables["g"].vector == 4


def test_operands():
    text = """ld.global.v2.f32 {%f1, _}, [%rd1+-8]; // a comment
    @!%p1 setp.lt.and.ftz.f32 %p2|%p3, %f1, 0f3F800000, !%p4; /* another
    one */ mov.u64 %rd2, table+16; ld.shared.u32 %r1, [12]; mov.b32 %r1, -5; mov.u32 %r1, %tid.x; add.u32 %r1, %r1, 0b101;"""
    load, compare, address, shared, negative, special, binary = body(text)
    assert load.operands == (Vector((Name("%f1"), Name("_"))), Address(Name("%rd1"), -8))
    assert compare.predicate == Negated(Name("%p1"))
    assert compare.operands[0] == Pair(Name("%p2"), Name("%p3"))
    assert compare.operands[2:] == (Immediate(0x3F800000, 32), Negated(Name("%p4")))
    assert (compare.opcode, compare.modifiers) == ("setp", ("lt", "and", "ftz", "f32"))
    assert address.operands[1] == Name("table", 16)
    assert shared.operands[1] == Address(None, 12)
    assert negative.operands[1] == Immediate(-5)
    assert special.operands[1] == Name("%tid.x")
    assert binary.operands[2] == Immediate(5)
    assert [i.line for i in (load, compare, address)] == [5, 6, 7]


def test_places_in_the_source():
    text = (
        HEAD
        + ".entry k() {\n.loc 1 12 3\nret;\n.loc 2 7 1, function_name $info0, inlined_at 1 12 3\nret;\n.loc 1 0 0\nret;\n}\n"
    )
    text += '.file 1 "/tmp/kernel.py"\n.file 2 "helper.py", 123, 45\n.section .debug_str { .b8 1,2 $L: .b32 $L+4 }'
    places = [s.loc for s in read(text).functions["k"].body]
    assert [(p.filename, p.lineno, p.column) for p in places] == [
        ("/tmp/kernel.py", 12, 3), ("helper.py", 7, 1), ("helper.py", 7, 1)
    ]  # fmt: skip


def test_names_of_inner_blocks_are_told_apart():
    statements = body("{ .reg .b32 t; mov.b32 t, 1; } { .reg .b64 t; mov.b64 t, 2; L: bra L; }")
    moves = [s.operands[0].name for s in statements if isinstance(s, Instruction) and s.opcode == "mov"]
    assert len(set(moves)) == 2
    label = next(s for s in statements if isinstance(s, Label))
    branch = next(s for s in statements if isinstance(s, Instruction) and s.opcode == "bra")
    assert branch.operands[0].name == label.name != "L"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("int main() { return 0; }", "begins no directive"),
        ("", "no .target"),
        (HEAD + ".entry k() { ret; ", "the end of the text"),
        (HEAD + ".entry k() { add.s32 %r1 %r2; }", "line 4: expected ','"),
        (HEAD + "`", "line 4: cannot read"),
        (".version 8.0\n.target sm_90\n.address_size 32\n", "line 3.*only .address_size 64"),
        (HEAD + ".entry k() .frob 3 { ret; }", "'.frob' is not known"),
    ],
)
def test_what_is_no_ptx_is_refused(text, message):
    with pytest.raises(EmulatorError, match=message):
        read(text)


def test_an_unknown_entry_is_named_with_those_that_are_there():
    with pytest.raises(EmulatorError, match="no entry 'q'; the entries are k"):
        read(HEAD + ".entry k() { ret; }").entry("q")
