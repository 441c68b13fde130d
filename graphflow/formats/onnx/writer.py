"""The ONNX graph that is being written, and where the values of TensorFlow's tensors are in it.

ONNX' convolutions and pools want images as [batch, channels, height, width], TensorFlow's mostly
have channels last. So a tensor may be in the graph in either order, or in both: what makes images
in ONNX' order says so (`ChannelsFirst`), what works on images in either order takes them as they
are (`aligned`), and a Transpose is written, once, only where the other order is asked for. A chain
of convolutions, batch norms, activations and pools has one at its beginning and one at its end.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.base import dtypes
from ...core.graph.constant_value import constant_value
from ...core.graph.operation import Operation
from ...core.graph.tensor import Tensor
from .package import element_type, import_onnx

# What hands on the value that it takes. (`Print` and the checks do more, which ONNX cannot.)
SAME_VALUE = frozenset(
    {
        "CheckNumerics",
        "EnsureShape",
        "GuaranteeConst",
        "Identity",
        "PreventGradient",
        "Print",
        "StopGradient",
    }
)


class RefusedError(Exception):
    """This node cannot be said in ONNX; the text tells why."""


@dataclass(frozen=True)
class ChannelsFirst:
    """The name of a value whose dimensions are [batch, channels, height, width]."""

    name: str


Result = str | ChannelsFirst | Tensor | None


def to_first(rank: int) -> list[int]:
    """The permutation from [batch, height, width, channels] to [batch, channels, height, width]."""
    return [0, rank - 1, *range(1, rank - 1)]


def to_last(rank: int) -> list[int]:
    """The permutation back."""
    return [0, *range(2, rank), 1]


def place_in_first(axis: int, rank: int) -> int:
    """Where a dimension of [batch, height, width, channels] is with channels first."""
    return to_first(rank).index(axis % rank)


class Writer:
    """Writes one ONNX graph; a branch of an `If` has its own, which sees what is in its parent's.

    Attributes:
      nodes: the NodeProtos.
      parent: the writer of the graph around, for a branch.
    """

    def __init__(self, parent: Writer | None = None) -> None:
        self.nodes: list[Any] = []
        self.parent = parent
        self._constants: dict[str, np.ndarray] = {}
        self._names: set[str] = parent._names if parent else set()
        self._settled: set[str] = set()  # names that are remembered, so that nodes keep them
        # A branch writes into its own dicts, and looks in its parent's too.
        self._values = _below(parent and parent._values)
        self._channels_first = _below(parent and parent._channels_first)
        self._same_as = _below(parent and parent._same_as)
        self._made: ChainMap[Any, Any] = _below(parent and parent._made)
        self._born_first: ChainMap[Tensor, bool] = _below(parent and parent._born_first)
        self._scope = ""
        self._start = 0

    # --- nodes -----------------------------------------------------------------------------------

    def node(self, op_type: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> Any:
        """Writes a node.

        Args:
          op_type: of ONNX.
          inputs: names of values; arrays and lists become constants; "" where there is none.
          outputs: how many it has.
          attributes: of the node; those that are None are left out.

        Returns:
          The name of the output; a list of names when there are several.
        """
        names = [text if isinstance(text, str) else self.constant(text) for text in inputs]
        base = self.unique(f"{self._scope}/{op_type}")
        results = [base] if outputs == 1 else [self.unique(f"{base}:{i}") for i in range(outputs)]
        given = {name: value for name, value in attributes.items() if value is not None}
        self.nodes.append(import_onnx().helper.make_node(op_type, names, results, base, **given))
        return results[0] if outputs == 1 else results

    def constant(self, value: Any, name: str = "") -> str:
        """The name of a constant; lists of integers are int64, as ONNX wants shapes and axes."""
        array = np.asarray(value)
        if not isinstance(value, np.ndarray | np.generic):
            array = array.astype(np.int64) if array.dtype.kind == "i" or not array.size else array
        key = (array.dtype.str, array.shape, array.tobytes()) if array.size < 64 else None
        if array.dtype != object and key in self._made and not name:
            return str(self._made[key])
        unique = self.unique(name or f"{self._scope}/constant")
        self._constants[unique] = array
        if key is not None and not name:
            self._made[key] = unique
        return unique

    def unique(self, name: str) -> str:
        """A name that no value and no node has, and that is taken now."""
        found, number = name, 0
        while found in self._names:
            number += 1
            found = f"{name}_{number}"
        self._names.add(found)
        return found

    def in_scope_of(self, op: Operation) -> None:
        """The nodes that follow are for this operation, and named after it."""
        self._scope, self._start = op.name, len(self.nodes)

    # --- tensors ---------------------------------------------------------------------------------

    def set(self, tensor: Tensor, result: Result) -> None:
        """Says where the value of a tensor is: a name, or another tensor that has the same."""
        if isinstance(result, Tensor):
            self._same_as[tensor] = result
        elif isinstance(result, ChannelsFirst):
            self._born_first[tensor] = True
            self._channels_first[tensor] = self._named(result.name, f"{tensor.name}/channels_first")
        elif result is not None:
            self._values[tensor] = self._named(result, tensor.name)

    def _named(self, name: str, wanted: str) -> str:
        """Gives a value of the present operation's own its tensor's name."""
        own = self.nodes[self._start :]
        is_own = name not in self._settled and any(name in node.output for node in own)
        if not is_own or wanted in self._names:
            self._settled.add(name)
            return name
        self._names.add(wanted)
        self._settled.add(wanted)
        for node in own:
            for names in (node.input, node.output):
                names[:] = [wanted if text == name else text for text in names]
        return wanted

    def set_input(self, tensor: Tensor) -> None:
        """Makes a tensor an input of the model, under its name."""
        self._names.add(tensor.name)
        self._values[tensor] = tensor.name

    def source(self, tensor: Tensor) -> Tensor:
        """The tensor behind identities that the value comes from."""
        while True:
            if tensor in self._values or tensor in self._channels_first:
                return tensor
            if tensor in self._same_as:
                tensor = self._same_as[tensor]
            elif tensor.op.type in SAME_VALUE:
                tensor = tensor.op.inputs[0]
            else:
                return tensor

    def known(self, tensor: Tensor) -> np.ndarray | None:
        """The value of a tensor that no input of the model changes, if it is known."""
        return constant_value(self.source(tensor))

    def value(self, tensor: Tensor) -> str:
        """The name of a tensor's value, its dimensions as TensorFlow has them.

        Raises:
          RefusedError: there is no way to it.
        """
        tensor = self.source(tensor)
        if tensor not in self._values:
            if tensor in self._channels_first:
                name = self._channels_first[tensor]
                self._values[tensor] = self._transpose(tensor.name, name, to_last(_rank(tensor)))
            elif (array := self.known(tensor)) is not None:
                self._values[tensor] = self.constant(array, tensor.name)
            else:
                raise RefusedError(f"it takes '{tensor.name}', which ONNX' graph does not have")
        return str(self._values[tensor])

    def channels_first(self, tensor: Tensor) -> str:
        """The name of a tensor's value with the last dimension moved to the second place."""
        tensor = self.source(tensor)
        if tensor not in self._channels_first:
            self._channels_first[tensor] = self.transposed(tensor, to_first(_rank(tensor)))
        return str(self._channels_first[tensor])

    def is_channels_first(self, tensor: Tensor) -> bool:
        """Whether what made the tensor made it with channels first."""
        return self.source(tensor) in self._born_first

    def transposed(self, tensor: Tensor, perm: Sequence[int]) -> str:
        """The name of a tensor's value with its dimensions permuted; a constant is permuted now."""
        tensor = self.source(tensor)
        key = (tensor, tuple(perm))
        if key not in self._made:
            array = self.known(tensor)
            order = ",".join(map(str, perm))
            if array is not None:
                name = self.constant(array.transpose(perm), f"{tensor.name}/{order}")
            else:
                name = self._transpose(f"{tensor.name}/{order}", self.value(tensor), perm)
            self._made[key] = name
        return str(self._made[key])

    def _transpose(self, wanted: str, name: str, perm: Sequence[int]) -> str:
        result: str = self.node("Transpose", name, perm=list(perm))
        return self._named(result, wanted)

    def int64(self, tensor: Tensor) -> str:
        """The name of a tensor's value as int64, which ONNX wants for shapes and places."""
        array = self.known(tensor)
        if array is not None:
            return self.constant(array.astype(np.int64))
        return self.cast(self.value(tensor), tensor.dtype, dtypes.int64)

    def cast(self, name: str, source: Any, target: Any) -> str:
        """The name of a value of another type."""
        if source.base_dtype == target.base_dtype:
            return name
        return str(self.node("Cast", name, to=element_type(target)))

    def scalar(self, value: Any, like: Tensor) -> np.ndarray:
        """A number of a tensor's type, for `node`."""
        if not like.dtype.is_numpy_compatible or like.dtype.base_dtype == dtypes.string:
            raise RefusedError(f"'{like.name}' has no numbers")
        return np.asarray(value, like.dtype.base_dtype.as_numpy_dtype)

    def aligned(self, tensors: Iterable[Tensor]) -> tuple[list[str], Callable[[str], Result]]:
        """Values that are broadcast against each other, all in one order of dimensions.

        Args:
          tensors: what a node works on element by element.

        Returns:
          Their names, and what a result is to be wrapped in: `ChannelsFirst`, or `str`.
        """
        tensors = list(tensors)
        ranks = {_rank(t) for t in tensors if self.is_channels_first(t)}
        if len(ranks) == 1 and all(self._fits_first(t, *ranks) for t in tensors):
            return [self._as_first(t, *ranks) for t in tensors], ChannelsFirst
        return [self.value(t) for t in tensors], str

    def _fits_first(self, tensor: Tensor, rank: int) -> bool:
        ndims = tensor.shape.ndims
        return ndims in (0, 1, rank) or (ndims is not None and self.known(tensor) is not None)

    def _as_first(self, tensor: Tensor, rank: int) -> str:
        """A value in the form that is broadcast against one with channels first."""
        if tensor.shape.ndims == rank:
            return self.channels_first(tensor)
        array = self.known(tensor)
        if array is not None:
            if array.ndim == 0:
                return self.value(tensor)
            array = array.reshape((1,) * (rank - array.ndim) + array.shape)
            array = array.transpose(to_first(rank))
            return self.constant(array[0] if array.shape[0] == 1 else array)
        if tensor.shape.ndims == 0:
            return self.value(tensor)
        return str(self.node("Unsqueeze", self.value(tensor), list(range(1, rank - 1))))

    # --- the graph -------------------------------------------------------------------------------

    def graph(
        self, name: str, inputs: Sequence[Tensor], outputs: Sequence[tuple[str, Tensor]]
    ) -> Any:
        """The GraphProto, without what no output needs.

        Args:
          name: the graph's.
          inputs: tensors that `set_input` was told of.
          outputs: names of values, with the tensors that tell their types and shapes.
        """
        helper, from_array = import_onnx().helper, import_onnx().numpy_helper.from_array
        used = {text for text, _ in outputs}
        nodes = []
        for node in reversed(self.nodes):
            if used.intersection(node.output):
                nodes.append(node)
                used.update(_names_used(node))
        return helper.make_graph(
            nodes[::-1],
            name,
            [_info(tensor.name, tensor) for tensor in inputs],
            [_info(text, tensor) for text, tensor in outputs],
            [from_array(array, key) for key, array in self._constants.items() if key in used],
        )


def _below(parent: Any) -> ChainMap[Any, Any]:
    return ChainMap({}, *parent.maps) if parent is not None else ChainMap()


def _rank(tensor: Tensor) -> int:
    if tensor.shape.ndims is None:
        raise RefusedError(f"the rank of '{tensor.name}' is not known")
    return int(tensor.shape.ndims)


def _names_used(node: Any) -> set[str]:
    """The values that a node takes, those in its branches among them."""
    names = set(node.input)
    for attribute in node.attribute:
        for inner in attribute.g.node:
            names |= _names_used(inner)
        names.update(info.name for info in attribute.g.output)
    return names


def _info(name: str, tensor: Tensor) -> Any:
    _rank(tensor)
    sizes = tensor.shape.as_list()
    return import_onnx().helper.make_tensor_value_info(name, element_type(tensor.dtype), sizes)
