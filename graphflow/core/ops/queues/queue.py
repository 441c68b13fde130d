"""A queue at run time: bounded, shared by the threads of a session, with requests that wait.

Enqueues stand in one line and dequeues in another, and each line is served in order: the first
request takes or gives as many elements as it can and keeps the others waiting until it is done.
Whoever changes something serves both lines until nothing moves; threads sleep meanwhile, each on an
event of its own, so that closing the session or the end of a run's time wakes them.
"""

from __future__ import annotations

import enum
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...base import dtypes, errors
from ...base.dtypes import DType
from ...base.tensor_shape import TensorShape
from ...base.waiting import StillWaiting
from ...graph.shape_context import shape_text
from ..array.placeholder import type_name
from .stores import Element, Store

UNBOUNDED = 2**31 - 1


class QueueSpec(NamedTuple):
    """What a queue was declared to be; nodes that share one must agree on it.

    Attributes:
      kind: as messages call it: FIFOQueue, RandomShuffleQueue, PaddingFIFOQueue, PriorityQueue.
      capacity: how many elements it holds at most.
      types: the components' types.
      shapes: their shapes; empty when any will do.
      pads: whether shapes may have unknown sizes, and batches are padded.
      min_after_dequeue: how many elements must stay while it is open.
      seeds: of a shuffled queue.
    """

    kind: str
    capacity: int
    types: tuple[DType, ...]
    shapes: tuple[TensorShape, ...]
    pads: bool = False
    min_after_dequeue: int = 0
    seeds: tuple[int, int] = (0, 0)


class _Progress(enum.Enum):
    NONE = enum.auto()
    SOME = enum.auto()
    DONE = enum.auto()


class _Request:
    """An enqueue, dequeue or close in its line.

    Args:
      verb: for messages.
      advance: does what can be done now; under the queue's lock.
      withdraw: takes it out of its line.
    """

    def __init__(
        self,
        verb: str,
        advance: Callable[[_Request], _Progress],
        withdraw: Callable[[_Request], None],
    ) -> None:
        self._verb = verb
        self._withdraw = withdraw
        self.advance = advance
        self.elements: list[Element] = []  # still to be put in, or taken so far
        self.wanted = 0
        self.error: errors.OpError | None = None
        self.is_over = False
        self.wakes: threading.Event | None = None

    def withdraw(self) -> None:
        """Takes it out of its line; what it held goes back to the queue."""
        self._withdraw(self)

    def cancelled(self) -> errors.OpError:
        """The error of a request that is cancelled."""
        return errors.CancelledError(None, None, f"{self._verb} operation was cancelled")

    def finish(self, error: errors.OpError | None = None) -> None:
        """Ends it, and wakes its thread."""
        self.error = error
        self.is_over = True
        if self.wakes is not None:
            self.wakes.set()


class Queue:
    """Elements, each a tuple of arrays, between the runs of a session.

    Args:
      name: what messages call it.
      spec: what it was declared to be.
      store: where the elements are.

    Attributes:
      handle: what stands for it between nodes.
      named_by: the nodes that are known to declare the same.

    Raises:
      InvalidArgumentError: types and shapes do not go together.
    """

    def __init__(self, name: str, spec: QueueSpec, store: Store) -> None:
        if spec.shapes and len(spec.shapes) != len(spec.types):
            raise _invalid(
                f"Different number of component types.  Types: {types_text(spec.types)}, Shapes: "
                f"{_shapes_text(spec.shapes)}"
            )
        self.name = name
        self.spec = spec
        self.handle = np.empty((), object)
        self.handle[()] = self
        self.named_by: set[str] = set()
        self._title = f"{spec.kind} '{name}'"
        self._store = store
        self._lock = threading.Lock()
        self._enqueues: deque[_Request] = deque()
        self._dequeues: deque[_Request] = deque()
        self._closed = False

    @property
    def size(self) -> int:
        """How many elements are in it."""
        return len(self._store)

    @property
    def is_closed(self) -> bool:
        """Whether it has been closed."""
        return self._closed

    def __repr__(self) -> str:
        return f"<{self._title}, {self.size} elements{', closed' if self._closed else ''}>"

    # --- what ops do -----------------------------------------------------------------------------

    def enqueue(self, components: Sequence[Any], context: Any) -> None:
        """Puts one element in; waits while the queue is full.

        Args:
          components: the element's arrays.
          context: the run's.

        Raises:
          InvalidArgumentError: they are not of the queue's shapes.
          CancelledError: the queue is closed, or the run was cancelled.
        """
        for index, (value, wanted) in enumerate(zip(components, self.spec.shapes)):
            self._check_shape(index, value, wanted)
        self._put([tuple(_own(value) for value in components)], context)

    def enqueue_many(self, components: Sequence[Any], context: Any) -> None:
        """Puts an element in for each row of the components.

        Args, Raises: as `enqueue`.
        """
        rows = self._check_batch(components)
        if rows:
            owned = [_own(value) for value in components]
            self._put([tuple(value[row, ...] for value in owned) for row in range(rows)], context)

    def _put(self, elements: list[Element], context: Any) -> None:
        if self.spec.kind == "PriorityQueue" and np.ndim(elements[0][0]):
            raise _invalid(
                "Expected the priority element to be a scalar, but received shape: "
                f"{_shape_of(elements[0][0])}"
            )
        request = self._request("Enqueue", self._advance_enqueue)
        request.elements = elements[::-1]
        self._serve(self._enqueues, request, context)

    def dequeue(self, context: Any) -> Element:
        """Takes one element; waits while there is none.

        Raises:
          OutOfRangeError: the queue is closed, and empty.
          CancelledError: the run was cancelled.
        """
        advance = lambda request: self._advance_dequeue(request, False)  # noqa: E731
        request = self._request("Dequeue", advance)
        request.wanted = 1
        return self._serve(self._dequeues, request, context).elements[0]

    def dequeue_many(self, count: int, may_be_fewer: bool, context: Any) -> list[np.ndarray]:
        """Takes elements; waits until there are as many.

        Args:
          count: how many.
          may_be_fewer: whether a closed queue gives the elements that are left.
          context: the run's.

        Returns:
          An array for each component, of one more dimension.

        Raises:
          InvalidArgumentError: the shapes of the components were not declared.
          OutOfRangeError: the queue is closed and does not have as many.
          CancelledError: the run was cancelled.
        """
        if not self.spec.shapes:
            raise _invalid(
                f"{self.spec.kind}'s DequeueMany and DequeueUpTo require the components to have "
                "specified shapes."
            )
        advance = lambda request: self._advance_dequeue(request, may_be_fewer)  # noqa: E731
        request = self._request("Dequeue", advance)
        request.wanted = count
        if count:
            request = self._serve(self._dequeues, request, context)
        return [self._batch(request.elements, index) for index in range(len(self.spec.types))]

    def close(self, cancel_pending_enqueues: bool, context: Any) -> None:
        """Lets no more elements in.

        Args:
          cancel_pending_enqueues: whether enqueues that wait fail; if not, this waits for them.
          context: the run's.

        Raises:
          CancelledError: it is closed already.
        """
        if not cancel_pending_enqueues:
            self._serve(self._enqueues, self._request("Close", self._advance_close), context)
            return
        with self._lock:
            self._closed = True
            for request in self._enqueues:
                request.finish(request.cancelled())
            self._enqueues.clear()
            self._serve_lines()

    # --- the two lines ---------------------------------------------------------------------------

    def _request(self, verb: str, advance: Callable[[_Request], _Progress]) -> _Request:
        return _Request(verb, advance, self._withdraw)

    def _serve(self, line: deque[_Request], request: _Request, context: Any) -> _Request:
        """Puts a request in its line and waits until it is done.

        Returns:
          The request; or the one that this node of this run had begun before, which is done now.

        Raises:
          StillWaiting: the run waits for several nodes together, and this one is not done.
        """
        begun: _Request | None = context.take_begun()
        if begun is not None:
            request = begun
        else:
            with self._lock:
                line.append(request)
                self._serve_lines()
                if not request.is_over:
                    request.wakes = context.wakes_together or threading.Event()
            if request.wakes is not None:
                if context.wakes_together is not None:
                    raise StillWaiting(request)
                self._wait(request, request.wakes, context)
        if request.error is not None:
            raise request.error
        return request

    @staticmethod
    def _wait(request: _Request, wakes: threading.Event, context: Any) -> None:
        try:
            context.wait(wakes, lambda: request.is_over)
        except BaseException as error:
            request.withdraw()
            if isinstance(error, errors.CancelledError):
                raise request.cancelled() from error
            raise

    def _withdraw(self, request: _Request) -> None:
        with self._lock:
            if request in self._enqueues:
                self._enqueues.remove(request)
            else:
                if request in self._dequeues:
                    self._dequeues.remove(request)
                if request.wanted:
                    self._give_back(request)
            self._serve_lines()

    def _serve_lines(self) -> None:
        moves = True
        while moves:
            moves = self._serve_line(self._enqueues)
            moves = self._serve_line(self._dequeues) or moves

    @staticmethod
    def _serve_line(line: deque[_Request]) -> bool:
        """Serves a line as far as it goes; whether that changed anything."""
        moved = False
        while line:
            request = line[0]
            error = None
            try:
                progress = request.advance(request)
            except errors.OpError as raised:
                progress, error = _Progress.DONE, raised
            if progress is not _Progress.DONE:
                return moved or progress is _Progress.SOME
            line.popleft()
            request.finish(error)
            moved = True
        return moved

    def _advance_enqueue(self, request: _Request) -> _Progress:
        if self._closed:
            raise errors.CancelledError(None, None, f"{self._title} is closed.")
        before = len(request.elements)
        while request.elements and len(self._store) < self.spec.capacity:
            self._store.push(request.elements.pop())
        if not request.elements:
            return _Progress.DONE
        return _Progress.SOME if len(request.elements) < before else _Progress.NONE

    def _advance_close(self, request: _Request) -> _Progress:
        if self._closed:
            raise errors.CancelledError(None, None, f"Queue '{self.name}' is already closed.")
        self._closed = True
        return _Progress.DONE

    def _advance_dequeue(self, request: _Request, may_be_fewer: bool) -> _Progress:
        missing = request.wanted - len(request.elements)
        size = len(self._store)
        if self._closed and size < missing:
            self._give_back(request)
            if not may_be_fewer or not len(self._store):
                if may_be_fewer and self._enqueues:
                    return _Progress.SOME  # they fail first: they stand before this one
                raise errors.OutOfRangeError(
                    None,
                    None,
                    f"{self._title} is closed and has insufficient elements (requested {missing}, "
                    f"current size {size})",
                )
            request.wanted = missing = len(self._store)
        available = len(self._store)
        if not self._closed:
            available -= self.spec.min_after_dequeue
        if available < missing and not self._store.gives_in_parts:
            return _Progress.NONE
        taken = max(0, min(available, missing))
        request.elements += [self._store.pop() for _ in range(taken)]
        if taken == missing:
            return _Progress.DONE
        return _Progress.SOME if taken else _Progress.NONE

    def _give_back(self, request: _Request) -> None:
        while request.elements:
            self._store.give_back(request.elements.pop())

    # --- checks ----------------------------------------------------------------------------------

    def _check_shape(self, index: int, value: Any, wanted: TensorShape) -> None:
        if not wanted.is_compatible_with(TensorShape(np.shape(value))):
            raise _invalid(
                f"Shape mismatch in tuple component {index}. Expected {shape_text(wanted)}, got "
                f"{_shape_of(value)}"
            )

    def _check_batch(self, components: Sequence[Any]) -> int:
        """The number of rows, which all components have."""
        for index, value in enumerate(components):
            if not np.ndim(value):
                raise _invalid(f"Component {index} is a scalar, and has no elements to enqueue")
        rows = len(components[0])
        for index, (value, wanted) in enumerate(zip(components, self.spec.shapes)):
            self._check_shape(index, value, TensorShape([rows]).concatenate(wanted))
        for index, value in enumerate(components):
            if len(value) != rows:
                raise _invalid(
                    "All input tensors must have the same size in the 0th dimension. Component "
                    f"{index} has {len(value)}, and should have {rows}"
                )
        return rows

    def check_agrees(self, wanted: QueueSpec) -> None:
        """Checks that a node which shares this queue declares the same.

        Raises:
          InvalidArgumentError: it does not.
        """
        have = self.spec
        shared = f"Shared queue '{self.name}' has"
        if wanted.kind != have.kind:
            raise _invalid(f"Expected {have.kind}, found {wanted.kind}")
        if wanted.capacity != have.capacity:
            raise _invalid(
                f"{shared} capacity {have.capacity} but requested capacity was {wanted.capacity}"
            )
        if wanted.min_after_dequeue != have.min_after_dequeue:
            raise _invalid(
                f"{shared} min_after_dequeue {have.min_after_dequeue} but requested "
                f"min_after_dequeue was {wanted.min_after_dequeue}."
            )
        if wanted.seeds not in ((0, 0), have.seeds):
            raise _invalid(
                f"{shared} random seeds {have.seeds} but requested seeds are {wanted.seeds}."
            )
        if wanted.types != have.types:
            raise _invalid(
                f"{shared} component types {types_text(have.types)} but requested component types "
                f"were {types_text(wanted.types)}"
            )
        if not self._shapes_agree(wanted.shapes):
            raise _invalid(
                f"{shared} component shapes {_shapes_text(have.shapes)} but requested component "
                f"shapes were {_shapes_text(wanted.shapes)}"
            )

    def _shapes_agree(self, wanted: Sequence[TensorShape]) -> bool:
        have = self.spec.shapes
        if len(wanted) != len(have):
            return False
        if self.spec.pads:
            return all(a.is_compatible_with(b) for a, b in zip(have, wanted, strict=True))
        return _shapes_text(have) == _shapes_text(wanted)

    # --- batches ---------------------------------------------------------------------------------

    def _batch(self, elements: Sequence[Element], index: int) -> np.ndarray:
        """One component of all elements, in one array."""
        shape, dtype = self.spec.shapes[index], self.spec.types[index]
        if elements and shape.is_fully_defined():
            return np.stack([element[index] for element in elements])
        sizes = [0 if size is None else size for size in shape.as_list()]
        for axis, size in enumerate(shape.as_list()):
            if size is None and elements:
                sizes[axis] = max(element[index].shape[axis] for element in elements)
        batch = np.zeros([len(elements), *sizes], dtype.as_numpy_dtype)
        if dtype == dtypes.string:
            batch[...] = b""
        for row, element in enumerate(elements):
            part = element[index]
            place: tuple[Any, ...] = (row, *map(slice, part.shape))
            batch[place] = part
        return batch


def types_text(types: Sequence[DType]) -> str:
    """Types as TF's messages list them."""
    return ", ".join(map(type_name, types))


def _shapes_text(shapes: Sequence[TensorShape]) -> str:
    return f"[{', '.join(map(shape_text, shapes))}]"


def _shape_of(value: Any) -> str:
    return shape_text(TensorShape(np.shape(value)))


def _own(value: Any) -> Any:
    """An array that stays as it is: fed arrays are the user's, variables are kernels'."""
    return value.copy() if isinstance(value, np.ndarray) else value


def _invalid(message: str) -> errors.OpError:
    return errors.InvalidArgumentError(None, None, message)
