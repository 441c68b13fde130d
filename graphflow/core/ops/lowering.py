"""Lowering: the language in which an op says what kernels it runs, and what plans are made of.

A lowering (in `core/ops/*/cpu/`) is registered with `@op.cpu` and turns one node into calls of
kernels, through the `Lowering` that it is given:

    @relu_op.cpu
    def relu_cpu(node: Any, k: Lowering) -> None:
        (x,), (y,) = k.inputs, k.outputs
        k.require(x.kind == "float32")
        k.call("activations.relu_f32", items=x.size, args=[k.read(x), k.write(y)])

A call has `items`, pieces of work that can be done in any order and by any thread: a kernel gets a
range of them. What an operand's memory has to do with the items decides what can be fused:

    item    the operand is made of `items` equal parts in order, and item i touches part i only
    whole   any item may touch any byte
    blocks  the operand has one part per block of items: a sum over each block, for example

Calls that follow each other, have items in common, and pass values item by item run as one group:
a thread takes a few items through all of the group's calls while they are in its cache, and what
only lives in between never leaves a thread's scratch memory.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..base.dtypes import DType


class Access(enum.Enum):
    """How a call's items relate to an operand's memory; see the module's docstring."""

    ITEM = "item"
    WHOLE = "whole"
    BLOCKS = "blocks"


class Home(enum.Enum):
    """Where a buffer's memory is."""

    ARENA = "arena"  # the plan's own memory
    ARG = "arg"  # a fed array
    CONSTANT = "constant"  # kept by the plan
    VARIABLE = "variable"  # a variable's value, read and written in place
    HOST = "host"  # an array that a host step made
    STATE = "state"  # of a random generator: int64 [4], see `ops/random/cpu/philox.py`


@dataclass(eq=False, slots=True)
class Storage:
    """Memory that values live in; several values may share one (a reshape and its input)."""

    home: Home
    nbytes: int
    index: int = -1  # of the argument, variable, host value or generator
    constant: np.ndarray | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Buffer:
    """A value of known type and shape, and where it is."""

    storage: Storage
    shape: tuple[int, ...]
    dtype: DType

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        """The bytes of an element."""
        return int(np.dtype(self.dtype.as_numpy_dtype).itemsize)

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.size * self.itemsize

    @property
    def kind(self) -> str:
        """NumPy's name of the type: `float32`."""
        return str(np.dtype(self.dtype.as_numpy_dtype).name)


@dataclass(frozen=True, slots=True)
class Operand:
    """A buffer as an argument of a call.

    Attributes:
      over_read: the kernel may read up to a vector past the end; memory of others is copied first.
      offset: bytes added to the address.
    """

    buffer: Buffer
    access: Access
    reads: bool
    writes: bool
    over_read: bool = False
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Workspace:
    """Bytes of memory of its own for each thread; nothing is kept in it between two calls."""

    nbytes: int


@dataclass(frozen=True, slots=True)
class Table:
    """Constant data of a call, such as the offsets of a window's taps; shared by all threads."""

    data: np.ndarray


@dataclass(frozen=True, slots=True)
class Failure:
    """Two words: where the call reports a failure, and under which number (`simd.report`)."""


Argument = int | float | Operand | Workspace | Table | Failure


@dataclass(frozen=True, slots=True)
class KernelName:
    """Which code a call runs: a library kernel by name, or one generated from a body.

    Attributes:
      name: `"module.function"` of a library kernel; of a generated one, what profiles show.
      body: what a generated kernel computes: frozen data that its generator understands.
    """

    name: str
    body: Any = None


@dataclass(eq=False, slots=True)
class Call:
    """One call of a kernel.

    Attributes:
      kernel: the code.
      items: how many items there are.
      args: the words of the argument block.
      node: whose call it is, for messages.
      fused: the other nodes whose work it does.
      grain: items are handed out in multiples of this (but for the last ones).
      blocks: into how many equal ranges of items (`ceil(items / blocks)` each) the `BLOCKS`
        operands divide them; the same for any number of threads, so that sums do not depend on it.
      cost: estimated nanoseconds on one thread.
      failure: makes the error that a kernel reported, from the value and the position that it
        reported; such a call has a `Failure` among its arguments.
      operands: the buffers among its arguments.
    """

    kernel: KernelName
    items: int
    args: tuple[Argument, ...]
    node: Any
    grain: int = 1
    blocks: int = 0
    cost: float = 0.0
    failure: Callable[[int, int], Exception] | None = None
    fused: tuple[Any, ...] = ()
    operands: tuple[Operand, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.operands = tuple([a for a in self.args if isinstance(a, Operand)])


class NoKernel(Exception):
    """A lowering has no kernel for a node's types, ranks or layout: the reference runs it."""


@dataclass
class Lowering:
    """What an op's lowering gets: its buffers, and the means to call kernels.

    Attributes:
      inputs: buffers of the inputs; a variable itself where the op takes a reference.
      outputs: buffers to be written. For an op that gives a reference, the variable.
      constants: the values of those inputs that are known when the plan is made, else None.
      calls: what has been called so far.
      written: the variables that the plan writes, by index.
    """

    node: Any
    inputs: list[Buffer]
    outputs: list[Buffer]
    constants: list[np.ndarray | None]
    calls: list[Call] = field(default_factory=list)
    written: Collection[int] = ()

    # operands

    def read(self, buffer: Buffer, whole: bool = False, over_read: bool = False) -> Operand:
        """An operand that is read, item by item unless `whole`."""
        access = Access.WHOLE if whole else Access.ITEM
        return Operand(buffer, access, reads=True, writes=False, over_read=over_read)

    def write(self, buffer: Buffer, whole: bool = False, offset: int = 0) -> Operand:
        """An operand whose every byte is written."""
        access = Access.WHOLE if whole else Access.ITEM
        return Operand(buffer, access, reads=False, writes=True, offset=offset)

    def update(self, buffer: Buffer, whole: bool = False) -> Operand:
        """An operand that is read and written in place."""
        return Operand(buffer, Access.WHOLE if whole else Access.ITEM, reads=True, writes=True)

    def write_blocks(self, buffer: Buffer) -> Operand:
        """An operand with one equal part per block of items; see `Call.blocks`."""
        return Operand(buffer, Access.BLOCKS, reads=False, writes=True)

    def temporary(self, nbytes: int, name: str = "temporary") -> Buffer:
        """Memory that lives from its first call to its last, as bytes [nbytes]."""
        from ..base import dtypes

        return Buffer(Storage(Home.ARENA, nbytes, name=name), (nbytes,), dtypes.uint8)

    def temporary_like(self, shape: Sequence[int], dtype: DType, name: str = "temporary") -> Buffer:
        """Memory that lives from its first call to its last, as an array."""
        nbytes = math.prod(shape) * np.dtype(dtype.as_numpy_dtype).itemsize
        return Buffer(Storage(Home.ARENA, nbytes, name=name), tuple(shape), dtype)

    def failure(self) -> Failure:
        """Where the kernel can report a failure: two words of the argument block."""
        return Failure()

    def require(self, condition: bool, why: str = "") -> None:
        """Leaves the node to the NumPy reference unless a condition holds.

        Raises:
          NoKernel: it does not; nothing that was called so far counts.
        """
        if not condition:
            raise NoKernel(why)

    def is_steady(self, buffer: Buffer) -> bool:
        """Whether a buffer stays as it is until somebody writes a variable: what is made of it
        alone is made once for many runs."""
        home, index = buffer.storage.home, buffer.storage.index
        return home is Home.CONSTANT or home is Home.VARIABLE and index not in self.written

    def workspace(self, nbytes: int) -> Workspace:
        """Memory of each thread, for one call."""
        return Workspace(nbytes)

    def table(self, data: np.ndarray) -> Table:
        """Constant data, as a contiguous array."""
        return Table(np.ascontiguousarray(data))

    # calls

    def call(
        self,
        kernel: str | KernelName,
        items: int,
        args: Sequence[Argument],
        *,
        grain: int = 1,
        blocks: int = 0,
        cost: float = 0.0,
        failure: Callable[[int, int], Exception] | None = None,
    ) -> None:
        """Adds a call; see `Call` for the arguments. Ints and floats become words as they are."""
        name = KernelName(kernel) if isinstance(kernel, str) else kernel
        self.calls.append(Call(name, items, tuple(args), self.node, grain, blocks, cost, failure))


MOST_BLOCKS = 16  # of a sum in parts: enough to divide among threads, few enough to be small


def sum_blocks(items: int, most: int = MOST_BLOCKS) -> int:
    """Into how many blocks a sum over items is divided: into equal ones where that is possible.

    Sums over the same items are divided alike by every op, so that they can share a group.

    Args:
      items: how many there are.
      most: a lower limit than MOST_BLOCKS, where the parts are large.
    """
    most = max(1, min(items, most))
    equal = max(blocks for blocks in range(1, most + 1) if items % blocks == 0)
    blocks = equal if 2 * equal > most else most
    return -(-items // -(-items // blocks)) if items else 1
