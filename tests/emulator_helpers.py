"""Instructions executed one by one: a kernel of one instruction, a thread for each set of operands, a plain loop."""

import ctypes
from functools import cache

import llvmlite.binding as llvm
import numpy as np

from jitkit.emulator import records
from jitkit.emulator.globals import layout
from jitkit.emulator.reader import read
from jitkit.emulator.translation import Options, translate

HEAD = ".version 9.0\n.target sm_100\n.address_size 64\n"
REGISTERS = {1: "pred", 8: "b16", 16: "b16", 32: "b32", 64: "b64"}
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_int64] * 4)

DRIVER = """
define void @emulator.fail(ptr %t, ptr %block, i32 %kind, i32 %line) {{
  %at = getelementptr %emulator.Block, ptr %block, i32 0, i32 {error}
  %error = load ptr, ptr %at
  store i32 %kind, ptr %error
  %second = getelementptr i8, ptr %error, i64 4
  store i32 %line, ptr %second
  ret void
}}
define i1 @emulator.check(ptr %t, ptr %block, i64 %address, i64 %size, i32 %line, i32 %access) {{
  %at = getelementptr %emulator.Block, ptr %block, i32 0, i32 {races}
  %callback = load ptr, ptr %at
  %wideline = sext i32 %line to i64
  %wideaccess = sext i32 %access to i64
  %answer = call i32 %callback(i64 %address, i64 %size, i64 %wideline, i64 %wideaccess)
  %fine = icmp ne i32 %answer, 0
  ret i1 %fine
}}
define void @test.run(i32 %n, ptr %thread, ptr %block, ptr %params) {{
entry:
  {flush}
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  call void @emulator.thread(i32 %i, i32 0, i32 0, ptr %thread, ptr %block, ptr %params)
  %next = add i32 %i, 1
  %more = icmp slt i32 %next, %n
  br i1 %more, label %loop, label %done
done:
  {restore}
  ret void
}}
"""
# What the executor does where the processor flushes subnormals: bits 6 and 15 of MXCSR.
FLUSH = """%saved = alloca i32
  %changed = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %saved)
  %old = load i32, ptr %saved
  %new = or i32 %old, 32832
  store i32 %new, ptr %changed
  call void @llvm.x86.sse.ldmxcsr(ptr %changed)"""
RESTORE = "call void @llvm.x86.sse.ldmxcsr(ptr %saved)"
LOST = "define i1 @emulator.lost(ptr %thread, ptr %block) {\n  ret i1 false\n}\n"
DECLARED = "declare void @llvm.x86.sse.stmxcsr(ptr)\ndeclare void @llvm.x86.sse.ldmxcsr(ptr)\n"


def engine(text):
    """Compile the text of an LLVM module."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=cpu, features=features, opt=2
    )
    module = llvm.parse_assembly(text)
    module.verify()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(module, builder)
    compiled = llvm.create_mcjit_compiler(module, machine)
    compiled.finalize_object()
    return compiled


class Kernel:
    """A PTX entry that never suspends, run as one block of `n` threads."""

    def __init__(self, text, entry, *, bounds=False):
        module = read(text)
        self.translation = translate(module, entry, Options(bounds=bounds))
        assert not self.translation.suspends
        self.layout = layout(module)
        flush, restore = (FLUSH, RESTORE) if self.translation.flushing else ("", "")
        driver = DECLARED if self.translation.flushing else ""
        driver += LOST + DRIVER.format(
            error=records.BLOCK.index("error"), races=records.BLOCK.index("races"), flush=flush, restore=restore
        )
        declared = {records.FAIL, records.CHECK, records.LOST}
        lines = [line for line in self.translation.llvm.splitlines() if line not in declared]
        self.engine = engine("\n".join(lines) + driver)
        address = self.engine.get_function_address("test.run")
        self.function = ctypes.CFUNCTYPE(None, ctypes.c_int, *[ctypes.c_void_p] * 3)(address)
        self.globals = np.frombuffer(bytes(self.layout.image) + bytes(64), np.uint8).copy()
        for r in self.layout.relocations:
            at = self.globals.ctypes.data + self.layout.offsets[r.name] + r.addend
            self.globals[r.offset : r.offset + 8] = np.frombuffer(at.to_bytes(8, "little"), np.uint8)

    def __call__(self, n, *arguments, shared=1024, check=None):
        """Run threads 0 to n - 1; return the kind and the line of the error, (0, 0) if there is none."""
        params = np.zeros(max(self.translation.parameter_size, 8), np.uint8)
        for p, value in zip(self.translation.parameters, arguments, strict=True):
            raw = np.int64(value.ctypes.data) if isinstance(value, np.ndarray) else value
            params[p.offset : p.offset + p.size] = np.frombuffer(raw.tobytes()[: p.size], np.uint8)
        memory, error = np.zeros(shared, np.uint8), np.zeros(8, np.int32)
        thread = np.zeros(records.THREAD.size, np.uint8)
        callback = CALLBACK(check or (lambda *_: 1))
        fields = {
            "ntid.x": n, "ntid.y": 1, "ntid.z": 1, "nctaid.x": 1, "nctaid.y": 1, "nctaid.z": 1, "thread_count": n,
            "shared": memory.ctypes.data, "shared_size": shared, "globals": self.globals.ctypes.data,
            "error": error.ctypes.data, "races": ctypes.cast(callback, ctypes.c_void_p).value,
        }  # fmt: skip
        block = np.zeros(records.BLOCK.size, np.uint8)
        for name, value in fields.items():
            at, size = records.BLOCK.offsets[name], records.SIZES[records.BLOCK.type_of(name)]
            block[at : at + size] = np.frombuffer(int(value).to_bytes(size, "little"), np.uint8)
        self.function(n, thread.ctypes.data, block.ctypes.data, params.ctypes.data)
        return tuple(int(v) for v in error[:2])


def source(instruction, inputs, output):
    """Return the PTX of a kernel that applies `instruction` to operands ``a``, ``b``, ``c``, ... of given widths.

    Each array has 8 bytes for an element; predicates are 0 or 1. The result is the register ``d``.
    """
    names = "abcefg"[: len(inputs)]
    lines = [f".param .u64 p{n}" for n in names] + [".param .u64 pd"]
    body = [".reg .b64 %address, %base, %word;", ".reg .b32 %i, %w;", ".reg .pred q, r;"]
    body += [f".reg .{REGISTERS[w]} {n};" for n, w in zip((*names, "d"), (*inputs, output), strict=True)]
    body += ["mov.u32 %i, %tid.x;"]
    for name, width in zip(names, inputs, strict=True):
        body += [f"ld.param.u64 %base, [p{name}];", "mad.wide.u32 %address, %i, 8, %base;"]
        body += (
            ["ld.u32 %w, [%address];", f"setp.ne.u32 {name}, %w, 0;"]
            if width == 1
            else [f"ld.b{width} {name}, [%address];"]
        )
    body += [instruction, "ld.param.u64 %base, [pd];", "mad.wide.u32 %address, %i, 8, %base;"]
    body += ["selp.u32 %w, 1, 0, d;", "st.u32 [%address], %w;"] if output == 1 else [f"st.b{output} [%address], d;"]
    return HEAD + f".visible .entry k({', '.join(lines)})\n{{\n" + "\n".join(body) + "\nret;\n}\n"


@cache
def kernel(instruction, inputs, output):
    """Compile the kernel of one instruction, once."""
    return Kernel(source(instruction, inputs, output), "k")


def apply(instruction, inputs, output, *columns):
    """Return what `instruction` makes of columns of integers (bit patterns), a list of integers."""
    arrays = [np.array([v & ((1 << 64) - 1) for v in column], np.uint64) for column in columns]
    out = np.zeros(len(arrays[0]), np.uint64)
    assert kernel(instruction, tuple(inputs), output)(len(out), *arrays, out) == (0, 0)
    return [int(v) for v in out]
