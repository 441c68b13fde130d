"""From a kernel to the bytes of an object file, and from these to an address.

Two kinds of source: a Python function, which Numba compiles, and LLVM IR, which the vector
generator writes. Both end as a relocatable object that needs nothing of Numba: a process that finds
its kernels in the cache never imports it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from .target import host_target

ENTRY = "graphflow_kernel"  # the one symbol of an object that anybody calls

_lock = threading.Lock()  # neither Numba nor LLVM's global state is made for two threads
_engines: list[Any] = []  # machine code lives as long as the process

if hasattr(os, "register_at_fork"):  # a child must not find LLVM half-way through something
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


def compile_function(function: Callable[..., Any], argument_count: int, returns: bool) -> bytes:
    """Compiles a Python function of 64-bit integers.

    Args:
      function: written for Numba's nopython mode; it may call `njit` functions and intrinsics.
      argument_count: how many int64 it takes.
      returns: whether it returns an int64, or nothing.

    Returns:
      An object file with the function as `ENTRY`.
    """
    from numba.core import compiler, registry, types
    from numba.core.compiler_lock import global_compiler_lock

    from .linking import parts_only

    with _lock, global_compiler_lock:
        flags = compiler.Flags()
        flags.no_cpython_wrapper = True
        flags.no_cfunc_wrapper = True
        flags.no_compile = True
        flags.error_model = "numpy"
        flags.release_gil = False
        context = registry.cpu_target.target_context
        with parts_only(context):
            result = compiler.compile_extra(
                registry.cpu_target.typing_context,
                context,
                function,
                (types.int64,) * argument_count,
                types.int64 if returns else types.void,
                flags,
                {},
            )
        library: Any = result.library  # not final yet: the entry is optimized with the rest
        library.add_ir_module(_entry(result.fndesc, argument_count, returns))
        library.finalize()
        code: bytes = library.emit_object()
        return code


def _entry(function: Any, argument_count: int, returns: bool) -> Any:
    """A module with a plain C function around Numba's own calling convention."""
    from llvmlite import ir

    word, status, pointer = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()
    module = ir.Module(ENTRY)
    callee_type = ir.FunctionType(status, [word.as_pointer(), pointer] + [word] * argument_count)
    callee = ir.Function(module, callee_type, function.mangled_name)
    result = word if returns else ir.VoidType()
    entry = ir.Function(module, ir.FunctionType(result, [word] * argument_count), ENTRY)
    builder = ir.IRBuilder(entry.append_basic_block())
    returned = builder.alloca(word)
    builder.store(ir.Constant(word, 0), returned)
    builder.call(callee, [returned, ir.Constant(pointer, None), *entry.args])
    if returns:
        builder.ret(builder.load(returned))
    else:
        builder.ret_void()
    return module


def compile_ir(source: str) -> bytes:
    """Compiles LLVM IR that defines `ENTRY`.

    The vector generator has done by then what LLVM's full pipeline would look for: its passes took
    two thirds of the time, and found nothing. Three are left: calls are replaced by what they call.

    Returns:
      An object file.
    """
    import llvmlite.binding as llvm

    with _lock:
        machine = _target_machine()
        module = llvm.parse_assembly(source)
        module.verify()
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        builder = llvm.create_pass_builder(machine, options)
        passes = llvm.create_new_module_pass_manager()
        if hasattr(passes, "add_always_inliner_pass"):
            passes.add_always_inliner_pass()
            passes.add_instruction_combine_pass()
            passes.add_simplify_cfg_pass()
        else:  # llvmlite 0.44
            passes = builder.getModulePassManager()
        passes.run(module, builder)
        return bytes(machine.emit_object(module))


def _target_machine() -> Any:
    import llvmlite.binding as llvm

    _initialize()
    target = host_target()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=target.cpu, features=target.features, opt=3, reloc="default", codemodel="jitdefault",
        jit=True,
    )  # fmt: skip


def _initialize() -> None:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def load_object(code: bytes) -> int:
    """Makes an object file executable.

    Args:
      code: what `compile_function` or `compile_ir` gave: LLVM ends the process over other bytes.

    Returns:
      The address of its `ENTRY`.

    Raises:
      ValueError: it lacks the entry.
    """
    import llvmlite.binding as llvm

    with _lock:
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine())
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        address = engine.get_function_address(ENTRY)
        if not address:
            raise ValueError(f"the object has no function {ENTRY}")
        _engines.append(engine)
        return int(address)
