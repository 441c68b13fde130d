"""What an op is: its signature in TensorFlow's notation, and the functions that give it meaning.

`define_op` is the one place where an op type comes into being. The object it returns is called to
add a node to the graph, and its decorators attach everything else that the op can do: its gradient,
its NumPy reference, its scalar body, its kernels. Every later stage looks ops up here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import dtypes

if TYPE_CHECKING:
    from ..base.tensor_shape import TensorShape
    from .operation import Operation
    from .shape_context import ShapeContext
    from .tensor import Tensor

ShapeFunction = Callable[["ShapeContext"], "Sequence[TensorShape] | TensorShape"]
Gradient = Callable[..., Any]

# How patient an op is; the more, the later it comes among the nodes that are ready.
NONE, TOGETHER, ALONE = range(3)

REQUIRED = object()  # the default of an attribute that has none


@dataclass(frozen=True)
class ArgDef:
    """One input or output of an op: `name: T`, `name: N * T`, `name: Ref(T)`, `name: Tlist`.

    Exactly one of `dtype` (a fixed type), `type_attr` and `type_list_attr` is set.
    """

    name: str
    dtype: dtypes.DType | None = None
    type_attr: str | None = None
    number_attr: str | None = None
    type_list_attr: str | None = None
    is_ref: bool = False

    @property
    def is_list(self) -> bool:
        return self.number_attr is not None or self.type_list_attr is not None

    def dtypes_in(self, attrs: Mapping[str, Any]) -> list[dtypes.DType]:
        """The types of the tensors that this argument stands for, given a node's attributes."""
        if self.type_list_attr is not None:
            types = list(attrs[self.type_list_attr])
        else:
            one = self.dtype if self.dtype is not None else attrs[self.type_attr or ""]
            types = [one] * (attrs[self.number_attr] if self.number_attr is not None else 1)
        return [t._as_ref for t in types] if self.is_ref else types


@dataclass(frozen=True)
class AttrDef:
    """An attribute; `kind` is int, float, bool, string, type, shape, tensor, func or list(kind)."""

    name: str
    kind: str
    default: Any = REQUIRED
    allowed: tuple[Any, ...] | None = None
    minimum: int | None = None

    @property
    def has_default(self) -> bool:
        return self.default is not REQUIRED


class OpDef:
    """An op type: its signature and the functions registered for it.

    Calling it adds a node to the default graph: positional or keyword inputs by the names of the
    signature, attributes as keywords, `name=` for the node. It returns what TF's generated wrappers
    return: the Operation when there is no output, one Tensor (or list of tensors), or a namedtuple.

    Attributes:
      shape: `(ShapeContext) -> TensorShape(s)` of the outputs; None means unknown shapes.
      reference: `(node, *arrays) -> array(s)`, NumPy; the definition of the op.
      is_stateful: the op reads or writes something besides its inputs; it is never merged with its
        equals, evaluated early, or dropped because its value is known.
      takes_context: the reference is `(node, context, *arrays)`, for what lives in the session:
        variables, random state, function bodies, files.
      patience: whether the reference may wait for another node, or another run; see `waits`.
      scalar_body, scalar_kinds, scalar_cells, scalar_when: the body for one element, and what it
        is right for; see `scalar_for`.
    """

    def __init__(
        self,
        name: str,
        inputs: tuple[ArgDef, ...],
        outputs: tuple[ArgDef, ...],
        attrs: tuple[AttrDef, ...],
        shape: ShapeFunction | None,
        is_stateful: bool,
    ) -> None:
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.attrs = attrs
        self.attr_by_name = {attr.name: attr for attr in attrs}
        self.inferred_attrs = _inferred_attrs(inputs)
        self.shape = shape
        self.is_stateful = is_stateful
        self.takes_context = False
        self.patience = NONE
        self.reference: Callable[..., Any] | None = None
        self.scalar_body: Callable[..., Any] | None = None
        self.scalar_kinds = "fiub"
        self.scalar_cells = 0
        self.scalar_when: Callable[[Mapping[str, Any]], bool] | None = None
        self.cpu_lowering: Callable[..., None] | None = None

    def __repr__(self) -> str:
        return f"<OpDef {self.name}>"

    @functools.cached_property
    def _proto(self) -> Any:
        from .graph_def import op_def_to_proto

        return op_def_to_proto(self)

    @property
    def input_arg(self) -> Any:
        """The inputs as TensorFlow's OpDef message has them."""
        return self._proto.input_arg

    @property
    def output_arg(self) -> Any:
        """The outputs as TensorFlow's OpDef message has them."""
        return self._proto.output_arg

    @property
    def attr(self) -> Any:
        """The attributes as TensorFlow's OpDef message has them."""
        return self._proto.attr

    def __call__(self, *args: Any, name: str | None = None, **kwargs: Any) -> Any:
        from .apply_op import apply_op  # building stands on the graph, which stands on OpDef

        return apply_op(self, args, kwargs, name)

    def grad(self, function: Gradient) -> Gradient:
        """Registers `(op, *output_gradients) -> input gradients`, each a Tensor, slices or None."""
        register_gradient(self.name, function)
        return function

    def no_grad(self) -> None:
        """Declares that gradients stop here, as opposed to a gradient nobody wrote."""
        register_gradient(self.name, None)

    def define(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Registers the NumPy reference `(node, *arrays) -> array, or tuple of arrays`.

        Arrays are never changed in place; views of inputs may be returned. Inputs that are lists
        arrive flattened, in order. The interpreter gives the results the node's output types.
        """
        self.reference = function
        return function

    def define_with_context(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Registers a reference `(node, context, *arrays)` for an op that uses the session.

        Inputs declared `Ref(T)` arrive as `base.ref.Ref` cells, all others as arrays.
        """
        self.reference = function
        self.takes_context = True
        return function

    def waits(self, patience: int) -> None:
        """Declares that the reference may wait for another node of its run, or for another run.

        Args:
          patience: TOGETHER where it can be begun, and called again when what it waits for has come
            (`base/waiting.py`); ALONE where it waits as a whole, and so comes after those.
        """
        self.patience = patience

    @property
    def may_wait(self) -> bool:
        """Whether the reference may wait."""
        return self.patience != NONE

    @property
    def waits_together(self) -> bool:
        """Whether nodes are begun together with others that are ready, and then waited for."""
        return self.patience == TOGETHER

    def scalar(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Registers the op's body for one element: vector kernels and fusion are made from it.

        It takes the inputs by position, and by keyword those attributes that it names; it is
        written in arithmetic and `ops/scalar_math.py`, and gives one number per output.
        """
        self.scalar_body = function
        return function

    def scalar_for(
        self,
        kinds: str = "fiub",
        cells: int = 0,
        when: Callable[[Mapping[str, Any]], bool] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Registers a body for one element that does not hold for every node of the op.

        Args:
          kinds: NumPy's letters of the kinds of inputs it is right for: float, int, unsigned, bool.
          cells: how many of the first inputs are variables; the outputs are their new values.
          when: whether it is right for a node's attributes.
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            self.scalar_body, self.scalar_kinds = function, kinds
            self.scalar_cells, self.scalar_when = cells, when
            return function

        return register

    def cpu(self, function: Callable[..., None]) -> Callable[..., None]:
        """Registers `(node, lowering) -> None`, which calls kernels; see `ops/lowering.py`."""
        self.cpu_lowering = function
        return function

    def output_dtypes(self, attrs: Mapping[str, Any]) -> list[dtypes.DType]:
        """The types of all outputs of a node with these attributes, list outputs flattened."""
        return [t for arg in self.outputs for t in arg.dtypes_in(attrs)]

    def input_dtypes(self, attrs: Mapping[str, Any]) -> list[dtypes.DType]:
        """The types of all inputs of a node with these attributes, list inputs flattened."""
        return [t for arg in self.inputs for t in arg.dtypes_in(attrs)]


_OPS: dict[str, OpDef] = {}
_GRADIENTS: dict[str, Gradient | None] = {}


def define_op(
    name: str,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    attrs: Sequence[str] = (),
    shape: ShapeFunction | None = None,
    is_stateful: bool = False,
) -> OpDef:
    """Declares an op type, in the notation of TensorFlow's own op definitions.

    Args:
      name: TF's op type, such as `"ConcatV2"`.
      inputs: `"values: N * T"`, `"axis: Tidx"`, `"ref: Ref(T)"`, `"x: float"`, `"args: Tin"`.
      outputs: the same notation.
      attrs: `"T: {half, float, double}"`, `"N: int >= 2"`, `"axis: int = 0"`,
        `"padding: {'SAME', 'VALID'}"`, `"strides: list(int)"`, `"Tidx: {int32, int64} = DT_INT32"`.
      shape: the shape rule, `(ShapeContext) -> shape or list of shapes`.
      is_stateful: whether the op does more than compute its outputs from its inputs.

    Returns:
      The OpDef, to be called and decorated.

    Raises:
      ValueError: the name is taken, or a line of the signature cannot be read.
    """
    if name in _OPS:
        raise ValueError(f"op {name!r} is defined twice")
    attr_defs = tuple(_parse_attr(text) for text in attrs)
    kinds = {attr.name: attr.kind for attr in attr_defs}
    op_def = OpDef(
        name,
        tuple(_parse_arg(text, kinds) for text in inputs),
        tuple(_parse_arg(text, kinds) for text in outputs),
        attr_defs,
        shape,
        is_stateful,
    )
    _OPS[name] = op_def
    return op_def


def unregistered_op(
    name: str, input_types: Sequence[dtypes.DType], output_types: Sequence[Any]
) -> OpDef:
    """An op type known by name only: nodes of it can be built, and fail when they run."""

    def args(prefix: str, types: Sequence[Any]) -> tuple[ArgDef, ...]:
        kinds = [dtypes.as_dtype(t) for t in types]
        return tuple(
            ArgDef(f"{prefix}_{i}", t.base_dtype, is_ref=t._is_ref_dtype)
            for i, t in enumerate(kinds)
        )

    return OpDef(name, args("input", input_types), args("output", output_types), (), None, True)


def find_op(name: str) -> OpDef | None:
    """The op type of that name, or None."""
    return _OPS.get(name)


def registered_ops() -> Mapping[str, OpDef]:
    """All op types by name."""
    return _OPS


def register_gradient(name: str, function: Gradient | None) -> None:
    """Registers a gradient function (None: not differentiable) under an op type or a user's name.

    Raises:
      KeyError: one is registered under that name already.
    """
    if name in _GRADIENTS:
        raise KeyError(f"Registering two gradient with name '{name}'!")
    _GRADIENTS[name] = function


def find_gradient(op: Operation) -> Gradient | None:
    """The gradient function of a node: its `_gradient_op_type` override first, then its op type.

    Returns:
      The function, or None where gradients stop.

    Raises:
      LookupError: nobody registered one.
    """
    name = op.node_attrs.get("_gradient_op_type", op.type)
    if name not in _GRADIENTS:
        raise LookupError(
            f"No gradient defined for operation '{op.name}' (op type: {name}), "
            f"made at {op.user_frame}"
        )
    return _GRADIENTS[name]


def _inferred_attrs(inputs: tuple[ArgDef, ...]) -> frozenset[str]:
    names = ((a.type_attr, a.number_attr, a.type_list_attr) for a in inputs)
    return frozenset(name for group in names for name in group if name is not None)


# --- TensorFlow's signature notation -------------------------------------------------------------

_TYPE_SETS = {
    "numbertype": (
        "float double int64 int32 uint8 uint16 int16 int8 complex64 complex128 "
        "qint8 quint8 qint16 quint16 qint32 half uint32 uint64 bfloat16"
    ).split(),
    "realnumbertype": (
        "float double int32 uint8 int16 int8 int64 bfloat16 uint16 half uint32 uint64"
    ).split(),
    "quantizedtype": "qint8 quint8 qint32 qint16 quint16".split(),
}
_ARG = re.compile(r"^(\w+):\s*(.+)$", re.DOTALL)
_LITERALS = {"true": True, "false": False}


def _parse_arg(text: str, attr_kinds: Mapping[str, str]) -> ArgDef:
    match = _ARG.match(text)
    if match is None:
        raise ValueError(f"cannot read the argument {text!r}; expected 'name: type'")
    name, rest = match.groups()
    is_ref = rest.startswith("Ref(")
    if is_ref:
        rest = rest[len("Ref(") : -1]
    number, star, type_name = rest.partition("*")
    number_attr = number.strip() if star else None
    type_name = type_name.strip() if star else rest.strip()
    kind = attr_kinds.get(type_name)
    if kind == "list(type)":
        return ArgDef(name, type_list_attr=type_name, is_ref=is_ref)
    if kind == "type":
        return ArgDef(name, type_attr=type_name, number_attr=number_attr, is_ref=is_ref)
    return ArgDef(name, dtypes.as_dtype(type_name), number_attr=number_attr, is_ref=is_ref)


@functools.cache  # most ops share a few lists of types
def _parse_attr(text: str) -> AttrDef:
    match = _ARG.match(text)
    if match is None:
        raise ValueError(f"cannot read the attribute {text!r}; expected 'name: kind'")
    name, rest = match.groups()
    spec, equals, default_text = _split_default(rest)
    kind, allowed, minimum = _parse_constraint(spec)
    default = _parse_default(default_text, kind) if equals else REQUIRED
    return AttrDef(name, kind, default, allowed, minimum)


def _split_default(text: str) -> tuple[str, bool, str]:
    match = re.match(r"^(.*?)(?<![<>])=\s*(.*)$", text, re.DOTALL)
    if match is None:
        return text.strip(), False, ""
    return match.group(1).strip(), True, match.group(2).strip()


def _parse_constraint(spec: str) -> tuple[str, tuple[Any, ...] | None, int | None]:
    """`{half, float}`, `list({int32})`, `numbertype`, `int >= 2`, `{'A', 'B'}` or a plain kind."""
    spec, at_least, bound = (part.strip() for part in spec.partition(">="))
    minimum = int(bound) if at_least else None
    if spec.startswith("list("):
        kind, allowed, _ = _parse_constraint(spec[len("list(") : -1])
        return f"list({kind})", allowed, minimum
    if spec in _TYPE_SETS:
        return "type", tuple(dtypes.as_dtype(t) for t in _TYPE_SETS[spec]), None
    if not spec.startswith("{"):
        return spec, None, minimum
    words = [word.strip() for word in spec[1:-1].split(",")]
    if words[0].startswith("'"):
        return "string", tuple(word.strip("'") for word in words), None
    names = [t for word in words for t in _TYPE_SETS.get(word, [word])]
    return "type", tuple(dtypes.as_dtype(t) for t in names), None


def _parse_default(text: str, kind: str) -> Any:
    if kind.startswith("list("):
        items = text.strip("[]")
        element = kind[len("list(") : -1]
        return tuple(_parse_default(i.strip(), element) for i in items.split(",") if i.strip())
    if kind == "type":
        return dtypes.as_dtype(text.removeprefix("DT_").lower())
    if kind == "string":
        return text.strip("'\"")
    if kind == "bool":
        return _LITERALS[text]
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "tensor":  # uint8[255, 0, 0, 255]
        dtype, _, numbers = text.rstrip("]").partition("[")
        array = np.array([int(number) for number in numbers.split(",")], dtype)
        array.flags.writeable = False
        return array
    if kind == "shape":
        from ..base.tensor_shape import as_shape, unknown_shape

        if "unknown_rank" in text:
            return unknown_shape()
        return as_shape([int(size) for size in re.findall(r"-?\d+", text)])
    raise ValueError(f"no notation for a default of kind {kind!r}: {text!r}")


def output_structure(op: Operation) -> list[Tensor | list[Tensor]]:
    """An operation's outputs grouped by the arguments of its signature."""
    groups: list[Tensor | list[Tensor]] = []
    start = 0
    for arg in op.op_def.outputs:
        count = len(arg.dtypes_in(op.node_attrs))
        taken = list(op.outputs[start : start + count])
        groups.append(taken if arg.is_list else taken[0])
        start += count
    return groups
