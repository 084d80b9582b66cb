"""LLVM IR into machine code for this CPU, and machine code into this process."""

from __future__ import annotations

from typing import Any

import llvmlite
import llvmlite.binding as llvm

from jitkit.backends import optimising


def identity() -> tuple[Any, ...]:
    """Return what decides, beside the text, which code comes out of it: LLVM's version, and the CPU with its features."""
    cpu = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), llvm.get_process_triple()
    return llvmlite.__version__, llvm.llvm_version_info, cpu


def compiled(text: str, driver: str | None = None, loops: bool = True) -> bytes:
    """Return an object file with the code of an LLVM module.

    Parameters
    ----------
    text : str
        The module.
    driver : str, optional
        Another module, which calls ``@emulator.thread`` of the first: the call is inlined.
    loops : bool, optional
        Whether there are loops long enough to be unrolled and run in vectors, and all of LLVM's passes.
    """
    machine = _machine()
    module = _parsed(text, machine)
    if driver is not None:
        module.link_in(_parsed(driver, machine))
        _inline_thread(module)
    module.verify()
    _optimise(module, machine, loops)
    code: bytes = machine.emit_object(module)
    return code


def unoptimised(text: str, linked: str) -> bytes:
    """Return an object file with the code of two LLVM modules in one, compiled in the shortest time."""
    machine = _machine(0)
    module = _parsed(text, machine)
    module.link_in(_parsed(linked, machine))
    module.verify()
    code: bytes = machine.emit_object(module)
    return code


def loaded(code: bytes) -> llvm.ExecutionEngine:
    """Load an object file; the engine tells the addresses of its functions, and must be kept while they are called."""
    machine = _machine()
    engine = llvm.create_mcjit_compiler(_parsed("", machine), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


def _parsed(text: str, machine: llvm.TargetMachine) -> llvm.ModuleRef:
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = llvm.get_process_triple(), str(machine.target_data)
    return module


def _inline_thread(module: llvm.ModuleRef) -> None:
    """Inline a thread that never waits into the loop over threads."""
    thread = module.get_function("emulator.thread")
    thread.linkage = "internal"
    thread.add_function_attribute("alwaysinline")


def _machine(level: int = 3) -> llvm.TargetMachine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    features = llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=level, jit=True)


def _optimise(module: llvm.ModuleRef, machine: llvm.TargetMachine, loops: bool) -> None:
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    # Never joins of straight code into vectors (SLP): with AVX-512, LLVM 22 makes wrong sums of products of i8 and u8 that way.
    options.loop_vectorization = options.loop_unrolling = True
    builder = llvm.create_pass_builder(machine, options)
    optimising.run(builder.getModulePassManager() if loops else _straight(), module, builder)


def _straight() -> llvm.ModulePassManager:
    """Return what code without loops that take time gains most by: what is marked is inlined, and loaded once."""
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_sroa_pass()
    passes.add_post_order_function_attributes_pass()
    passes.add_new_gvn_pass()
    passes.add_dead_store_elimination_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    return passes
