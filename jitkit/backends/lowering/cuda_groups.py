"""Group operations on CUDA: the barrier, shared memory and the registers that say where a thread stands."""

from __future__ import annotations

from llvmlite import ir

from jitkit.backends.lowering.emit import I32, I64, Mode
from jitkit.frontend.shared_memory import ALIGNMENT
from jitkit.hashing import blake2b

BYTE = ir.IntType(8)
SHARED = 3  # NVVM's number for the shared address space
FIRST_GROUP = "jk_first_group"
"""Where each thread of a cut launch keeps, for functions that are handed no more than their arguments, the grid's first group."""
MOST_STATIC = 48 * 1024
"""Bytes of shared memory of constant size that a kernel may have on every GPU (CUDA C++ Programming Guide)."""
DYNAMIC = "jk_dynamic"
"""The array that the launch gives its size: all dynamic shared memory of a block."""


def barrier(builder: ir.IRBuilder) -> None:
    """Wait for the block."""
    symbol, module = "llvm.nvvm.barrier0", builder.module
    function = module.globals.get(symbol) or ir.Function(module, ir.FunctionType(ir.VoidType(), []), symbol)
    function.attributes.add("convergent")
    builder.call(function, [])


def shuffled(builder: ir.IRBuilder, value: ir.Value, distance: ir.Value, count: ir.Value) -> ir.Value:
    """Return the value that the thread `distance` further on in the warp has; the first `count` threads take part."""
    if isinstance(value.type, ir.Aggregate):
        for k in range(len(value.type.elements)):
            part = shuffled(builder, builder.extract_value(value, k), distance, count)
            value = builder.insert_value(value, part, k)
        return value
    kind = value.type
    width = kind.width if isinstance(kind, ir.IntType) else {ir.FloatType(): 32, ir.DoubleType(): 64}[kind]
    whole = ir.IntType(width)
    bits = value if kind == whole else builder.bitcast(value, whole)
    if width <= 32:
        word = _shuffled_word(builder, bits if width == 32 else builder.zext(bits, I32), distance, count)
        found = word if width == 32 else builder.trunc(word, whole)
    else:
        high, low = builder.trunc(builder.lshr(bits, ir.Constant(I64, 32)), I32), builder.trunc(bits, I32)
        high, low = (builder.zext(_shuffled_word(builder, word, distance, count), I64) for word in (high, low))
        found = builder.or_(builder.shl(high, ir.Constant(I64, 32)), low)
    return found if kind == whole else builder.bitcast(found, kind)


def _shuffled_word(builder: ir.IRBuilder, word: ir.Value, distance: ir.Value, count: ir.Value) -> ir.Value:
    """Shuffle 32 bits down (NVVM IR Specification, "Data Movement Intrinsics": mode 2; the last lane is 31)."""
    symbol, module = "llvm.nvvm.shfl.sync.i32", builder.module
    result = ir.LiteralStructType([I32, ir.IntType(1)])
    function = module.globals.get(symbol) or ir.Function(module, ir.FunctionType(result, [I32] * 5), symbol)
    everyone = builder.lshr(ir.Constant(I32, -1), builder.sub(ir.Constant(I32, 32), count))
    given = [everyone, ir.Constant(I32, 2), word, distance, ir.Constant(I32, 31)]
    return builder.extract_value(builder.call(function, given), 0)


def static(builder: ir.IRBuilder, size: int) -> ir.Value:
    """Return the address of a new shared array of constant size."""
    # The name must differ in all modules that are linked together, and follow from the code alone.
    digest = blake2b(builder.function.name.encode(), digest_size=8).hexdigest()
    name = builder.module.get_unique_name(f"jk_shared_{digest}")
    array = ir.GlobalVariable(builder.module, ir.ArrayType(BYTE, size), name.replace(".", "_"), addrspace=SHARED)
    array.align, array.initializer = ALIGNMENT, ir.Constant(array.value_type, ir.Undefined)
    # A helper that is reached in two ways is linked twice: the second copy of an external array would be refused, and of
    # an internal one that is only written the stores would go, and with them the races that the emulator looks for.
    array.linkage = "linkonce_odr"
    return builder.addrspacecast(array, BYTE.as_pointer(), "generic")


def dynamic(builder: ir.IRBuilder) -> ir.Value:
    """Return the address of the dynamic shared memory."""
    array = builder.module.globals.get(DYNAMIC)
    if array is None:
        array = ir.GlobalVariable(builder.module, ir.ArrayType(BYTE, 0), DYNAMIC, addrspace=SHARED)
        array.align, array.linkage = ALIGNMENT, "external"
    return builder.addrspacecast(array, BYTE.as_pointer(), "generic")


def register(builder: ir.IRBuilder, name: str, below: int | None = None) -> ir.Value:
    """Return a special register as an int of 32 bits; `below` says what it is always less than."""
    symbol, module = f"llvm.nvvm.read.ptx.sreg.{name}", builder.module
    function = module.globals.get(symbol) or ir.Function(module, ir.FunctionType(I32, []), symbol)
    value = builder.call(function, [])
    if below is not None:
        value.set_metadata("range", module.add_metadata([ir.Constant(I32, 0), ir.Constant(I32, below)]))
    return value


def along(dimensions: int, axis: int) -> str:
    """Return CUDA's name of an axis: the last runs along x, so that neighbouring threads touch neighbours."""
    return "xyz"[dimensions - 1 - axis]


def local_index(builder: ir.IRBuilder, group: tuple[int, ...], axis: int, width: ir.IntType) -> ir.Value:
    """Return the thread's place in its group along an axis."""
    value = register(builder, f"tid.{along(len(group), axis)}", below=group[axis])
    return value if width == I32 else builder.zext(value, I64)


def group_index(builder: ir.IRBuilder, mode: Mode, axis: int, width: ir.IntType) -> ir.Value:
    """Return the place of the thread's group in the launch along an axis."""
    assert mode.group is not None
    value = register(builder, f"ctaid.{along(len(mode.group), axis)}")
    value = value if width == I32 else builder.zext(value, I64)
    if not mode.cut:
        return value
    first = builder.load(_first_group(builder, axis))
    return builder.add(value, first if width == I64 else builder.trunc(first, I32))


def define_first_group(builder: ir.IRBuilder, first: list[ir.Value]) -> None:
    """Write down the grid's first group: all threads write the same, and each reads what it wrote, so none waits."""
    for axis, value in enumerate(first):
        wide = value if value.type == I64 else builder.zext(value, I64)
        builder.store(wide, _first_group(builder, axis))
    array = builder.module.globals[FIRST_GROUP]
    array.linkage, array.initializer = "", ir.Constant(array.value_type, ir.Undefined)


def _first_group(builder: ir.IRBuilder, axis: int) -> ir.Value:
    array = builder.module.globals.get(FIRST_GROUP)
    if array is None:
        array = ir.GlobalVariable(builder.module, ir.ArrayType(I64, 3), FIRST_GROUP, addrspace=SHARED)
        array.align, array.linkage = ALIGNMENT, "external"
    return builder.gep(array, [ir.Constant(I32, 0), ir.Constant(I32, axis)])
