"""Fused elementwise kernels: LLVM IR from a `FusedBody`, written by running the ops' scalar bodies.

The loops of a kernel of rank 3 with items `lo` up to `hi` (rows), for vectors of W elements:

    start      sizes, addresses; values that vary nowhere, in all lanes
    row        for each row: addresses of the operands' rows; values that vary along rows only;
               a row that the body's indices leave out ends here
      main       for each one or two whole vectors: load, compute, store
      rest       for each remaining vector: the same under a mask

A kernel reads each input once and writes each output once: for `n` elements that is the sum of
their item sizes times n bytes, and at 10 GB/s a core the memory, not the arithmetic, is what most
bodies wait for. All vectors of a body have as many lanes as its widest type allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from llvmlite import ir

from ...graph.op_def import find_op
from ...ops.fused_body import FusedBody, FusedInput, FusedStep
from . import vector_math as vector_math  # gives the functions their vector forms
from .compiler import ENTRY
from .emit import (
    INT32,
    WORD,
    Emitter,
    Staged,
    convert,
    element_suffix,
    from_memory,
    memory_type,
    spread,
    to_memory,
)
from .target import Target, host_target

# Bodies of up to so many steps, inputs and outputs compute two vectors at a time.
_SHORT = 8


def generate(body: FusedBody) -> str:
    """The LLVM IR of a kernel, `void graphflow_kernel(i64 lo, i64 hi, i64 args)`."""
    return _generate(body, host_target())


@lru_cache(maxsize=4096)
def _generate(body: FusedBody, target: Target) -> str:
    return str(_Generator(body, target).module)


def describe(body: FusedBody) -> str:
    """A listing of what a kernel computes, one step a line: `t3 = add(x0, t2)  # float32`."""
    names = [f"x{i}" for i in range(len(body.inputs))]
    lines = []
    for given, name in zip(body.inputs, names, strict=True):
        along = "".join("*" if varies else "1" for varies in given.varies) or "scalar"
        lines.append(f"{name}: {given.dtype} [{along}]")
    for step in body.steps:
        results = [f"t{len(names) + i}" for i in range(len(step.dtypes))]
        arguments = [names[i] for i in step.args] + [f"{k}={v}" for k, v in step.attrs]
        call = f"{step.op}({', '.join(arguments)})"
        lines.append(f"{', '.join(results)} = {call}  # {', '.join(step.dtypes)}")
        names += results
    where = f" at rows named by {body.indices} indices" if body.indices else ""
    lines.append(f"store {', '.join(names[i] for i in body.outputs)}{where}")
    return "\n".join(lines)


def _lane_size(dtype: str) -> int:
    """The bytes of a register that an element takes: a float16 is computed as a float32."""
    return 4 if dtype == "float16" else np.dtype(dtype).itemsize


class _Generator:
    """The making of one kernel, from top to bottom; see the module's docstring for the loops."""

    def __init__(self, body: FusedBody, target: Target) -> None:
        self.body = body
        self.types = body.value_types
        widest = max(_lane_size(dtype) for dtype in self.types)
        self.lanes = target.width(widest) if body.rank else 1
        size = len(body.steps) + len(body.inputs) + len(body.outputs)
        self.unroll = 2 if body.rank and size <= _SHORT else 1
        self.module = ir.Module(ENTRY)
        kind = ir.FunctionType(ir.VoidType(), [WORD] * 3)
        function = ir.Function(self.module, kind, ENTRY)
        self.lo, self.hi, self.args = function.args
        self.lo.name, self.hi.name, self.args.name = "lo", "hi", "args"
        names = ("check", "start", "row", "named", "main", "rest.check", "rest", "next", "end")
        self.blocks = {name: function.append_basic_block(name) for name in names}
        self._write()

    def _write(self) -> None:
        check = ir.IRBuilder(self.blocks["check"])
        has_items = check.icmp_signed("<", self.lo, self.hi)
        check.cbranch(has_items, self.blocks["start"], self.blocks["end"])
        self.start = ir.IRBuilder(self.blocks["start"])
        self.row = ir.IRBuilder(self.blocks["row"])
        self._write_start()
        self._write_row()
        self._write_vectors("main", self.unroll)
        rest_check = ir.IRBuilder(self.blocks["rest.check"])
        self._write_vectors("rest", 1)
        has_rest = rest_check.icmp_signed("<", self.whole_length, self.length)
        rest_check.cbranch(has_rest, self.blocks["rest"], self.blocks["next"])
        self._write_next()
        ir.IRBuilder(self.blocks["end"]).ret_void()
        # What the inner loops hoisted stands in these two: they are closed last.
        self.start.branch(self.blocks["row"])
        self._leave_row()

    def _leave_row(self) -> None:
        """On from the head of a row: to its vectors, or to the next row."""
        named = ir.IRBuilder(self.blocks["named"])
        if self.place is None:
            self.row.branch(self.blocks["named"])
        else:
            is_row = self.row.icmp_signed(">=", self.place, WORD(0))
            self.row.cbranch(is_row, self.blocks["named"], self.blocks["next"])
        has_whole = named.icmp_signed(">", self.whole_length, WORD(0))
        named.cbranch(has_whole, self.blocks["main"], self.blocks["rest.check"])

    # --- outside of the innermost loop

    def _write_start(self) -> None:
        """Sizes and addresses, and the indices of the first row."""
        b, rank, inputs = self.start, self.body.rank, len(self.body.inputs)
        words = [self._word(i) for i in range(rank + inputs + len(self.body.outputs))]
        self.sizes = words[:rank]
        self.addresses = words[rank : rank + inputs]
        self.output_addresses = words[rank + inputs :]
        self.length = self.sizes[-1] if rank > 1 else b.sub(self.hi, self.lo)
        self.whole_length = b.and_(self.length, WORD(-self.lanes * self.unroll))
        self.first_indices = self._first_indices()

    def _word(self, index: int) -> ir.Value:
        address = self.start.add(self.args, WORD(8 * index))
        return self.start.load(self.start.inttoptr(address, WORD.as_pointer()), align=8)

    def _first_indices(self) -> list[ir.Value]:
        """The first row's index in each outer dimension; none where no operand asks for them."""
        outer = [given.varies[:-1] for given in self.body.inputs]
        if not any(any(varies) and not all(varies) for varies in outer):
            return []
        indices, row = [], self.lo
        for size in reversed(self.sizes[1:-1]):
            indices.append(self.start.urem(row, size))
            row = self.start.udiv(row, size)
        return [row, *reversed(indices)]

    def _write_row(self) -> None:
        """The row's number, where its operands are, and all that it needs to compute once."""
        b, body = self.row, self.body
        self.indices: list[ir.Value] = []
        self.row_number, first = self.lo, self.lo
        if body.rank > 1:
            self.row_number = self._phi(b, "row.number", self.lo, "start")
            self.indices = [self._phi(b, "index", i, "start") for i in self.first_indices]
            first = b.mul(self.row_number, self.length)
        self.full_offset = first
        self.place = self._load_place() if body.indices else None
        self.code = Emitter([self.start, b, b], self.lanes)
        self.once: dict[int, Staged] = {}
        self.row_addresses: dict[int, ir.Value] = {}
        for number, given in enumerate(body.inputs):
            if body.rank and given.varies[-1]:
                address, offset = self.addresses[number], self._offset(given)
                if self.place is not None and number < len(body.outputs):
                    offset = b.mul(self.place, self.length)
                self.row_addresses[number] = self._at(b, address, offset, given.dtype)
            else:
                self.once[number] = self._load_scalar(self.addresses[number], given)
        target = first if self.place is None else b.mul(self.place, self.length)
        self.row_outputs = [
            self._at(b, address, target, self.types[number])
            for number, address in zip(body.outputs, self.output_addresses, strict=True)
        ]
        self._run_steps(self.code, self.once)

    def _load_place(self) -> ir.Value:
        """Which row of the variables goes with this one of the other inputs."""
        b, kind, size = self.row, self.body.indices, np.dtype(self.body.indices).itemsize
        words = len(self.sizes) + len(self.addresses) + len(self.output_addresses)
        address = self._at(b, self._word(words), self.row_number, kind)
        element = ir.IntType(8 * size)
        return b.sext(b.load(b.inttoptr(address, element.as_pointer()), align=size), WORD)

    def _phi(self, b: ir.IRBuilder, name: str, first: ir.Value, before: str) -> ir.Value:
        phi = b.phi(WORD, name)
        phi.add_incoming(first, self.blocks[before])
        return phi

    def _offset(self, given: FusedInput) -> ir.Value:
        """The position of the row's first element in an array of some of the dimensions."""
        if given.is_full:
            return self.full_offset
        if not any(given.varies[:-1]):
            return WORD(0)
        if all(given.varies[:-1]):
            return self.row_number  # an element for each row
        offset: ir.Value = WORD(0)
        for size, index, varies in zip(self.sizes, self.indices, given.varies, strict=False):
            if varies:
                offset = self.row.add(self.row.mul(offset, size), index)
        return self.row.mul(offset, self.length) if given.varies[-1] else offset

    def _at(self, b: ir.IRBuilder, address: ir.Value, index: ir.Value, dtype: str) -> ir.Value:
        """The address of an element."""
        return b.add(address, b.mul(index, WORD(np.dtype(dtype).itemsize)))

    def _load_scalar(self, address: ir.Value, given: FusedInput) -> Staged:
        """One element, in all lanes: for the whole call, or for each row."""
        level = int(any(given.varies))
        b = self.code.builders[level]
        if level:
            address = self._at(b, address, self._offset(given), given.dtype)
        kind = memory_type(given.dtype, 1).element
        pointer = b.inttoptr(address, kind.as_pointer())
        scalar = b.load(pointer, align=np.dtype(given.dtype).itemsize)
        return from_memory(self.code, spread(b, scalar, self.lanes), given.dtype, level)

    def _write_next(self) -> None:
        """The step to the next row."""
        b = ir.IRBuilder(self.blocks["next"])
        if self.body.rank < 2:
            b.branch(self.blocks["end"])
            return
        following = b.add(self.row_number, WORD(1))
        self.row_number.add_incoming(following, self.blocks["next"])
        step = WORD(1)
        for index, size in reversed(list(zip(self.indices, self.sizes, strict=False))):
            moved = b.add(index, step)
            is_end = b.icmp_signed("==", moved, size)
            index.add_incoming(b.select(is_end, WORD(0), moved), self.blocks["next"])
            step = b.zext(is_end, WORD)
        b.cbranch(b.icmp_signed("<", following, self.hi), self.blocks["row"], self.blocks["end"])

    # --- the innermost loops

    def _write_vectors(self, name: str, unroll: int) -> None:
        """The loop over whole vectors, `unroll` at a time, or the masked one over the rest."""
        is_main = name == "main"
        block, b = self.blocks[name], ir.IRBuilder(self.blocks[name])
        first, before = (WORD(0), "named") if is_main else (self.whole_length, "rest.check")
        position = self._phi(b, f"{name}.position", first, before)
        code = Emitter([self.start, self.row, b], self.lanes)
        places = [b.add(position, WORD(u * self.lanes)) for u in range(unroll)]
        mask = None if is_main else self._mask(b, position)
        vectors = [{**self.once, **self._load_inputs(code, place, mask)} for place in places]
        self._run_steps(code, *vectors)
        for place, values in zip(places, vectors, strict=True):
            self._store_outputs(b, values, place, mask)
        following = b.add(position, WORD(unroll * self.lanes))
        position.add_incoming(following, block)
        limit = self.whole_length if is_main else self.length
        after = self.blocks["rest.check" if is_main else "next"]
        b.cbranch(b.icmp_signed("<", following, limit), block, after)

    def _mask(self, b: ir.IRBuilder, position: ir.Value) -> ir.Value:
        """The lanes that are still inside of the row."""
        numbers = ir.Constant(ir.VectorType(INT32, self.lanes), list(range(self.lanes)))
        left, lanes = b.sub(self.length, position), WORD(self.lanes)
        count = b.select(b.icmp_signed("<", left, lanes), left, lanes)
        limit = spread(b, b.trunc(count, INT32), self.lanes)
        return b.icmp_signed("<", numbers, limit)

    def _load_inputs(
        self, code: Emitter, place: ir.Value, mask: ir.Value | None
    ) -> dict[int, Staged]:
        values = {}
        b = code.builders[-1]
        for number, row_address in self.row_addresses.items():
            dtype = self.types[number]
            kind, size = memory_type(dtype, self.lanes), np.dtype(dtype).itemsize
            pointer = b.inttoptr(self._at(b, row_address, place, dtype), kind.as_pointer())
            if mask is None:
                vector = b.load(pointer, align=size)
            else:
                name = f"llvm.masked.load.v{self.lanes}{element_suffix(kind)}.p0"
                function = code.function(name, kind, [pointer.type, INT32, mask.type, kind])
                vector = b.call(function, [pointer, INT32(size), mask, ir.Constant(kind, None)])
            values[number] = from_memory(code, vector, dtype, len(code.builders) - 1)
        return values

    def _store_outputs(
        self, b: ir.IRBuilder, values: dict[int, Staged], place: ir.Value, mask: ir.Value | None
    ) -> None:
        for number, row_address in zip(self.body.outputs, self.row_outputs, strict=True):
            dtype = self.types[number]
            kind, size = memory_type(dtype, self.lanes), np.dtype(dtype).itemsize
            pointer = b.inttoptr(self._at(b, row_address, place, dtype), kind.as_pointer())
            vector = to_memory(values[number])
            if mask is None:
                b.store(vector, pointer, align=size)
            else:
                name = f"llvm.masked.store.v{self.lanes}{element_suffix(kind)}.p0"
                types = [kind, pointer.type, INT32, mask.type]
                function = self.code.function(name, ir.VoidType(), types)
                b.call(function, [vector, pointer, INT32(size), mask])

    # --- steps

    def _run_steps(self, code: Emitter, *vectors: dict[int, Staged]) -> None:
        """Runs the bodies of the steps whose arguments are known, on one vector or on several.

        What is the same for a whole row has been computed by then, and stays as it is.
        """
        first = len(self.body.inputs)
        for step in self.body.steps:
            results = range(first, first + len(step.dtypes))
            first = results.stop
            for values in vectors:
                if results[0] not in values and all(i in values for i in step.args):
                    outputs = _run_step(code, step, [values[i] for i in step.args])
                    values.update(zip(results, outputs, strict=True))


def _run_step(code: Emitter, step: FusedStep, arguments: Sequence[Staged]) -> list[Staged]:
    """One op's scalar body, on vectors."""
    level = max(argument.level for argument in arguments)
    code.builders[level].comment(f"{step.op}({', '.join(f'{k}={v}' for k, v in step.attrs)})")
    op = find_op(step.op)
    assert op is not None and op.scalar_body is not None, f"{step.op} has no scalar body"
    result = op.scalar_body(*arguments, **dict(step.attrs))
    results = result if isinstance(result, tuple) else (result,)
    return [
        convert(value, dtype).rounded()
        if isinstance(value, Staged)
        else code.constant(value, dtype)
        for value, dtype in zip(results, step.dtypes, strict=True)
    ]
