"""Which nodes share a box, so that a graph of hundreds of ops is drawn as a net of a dozen.

Five folds, each of which says for some nodes "drawn inside that one":

1. a variable takes its initializer, its read, its optimizer slots (`W/Assign`, `W/read`, `W/Adam`);
2. an op takes the constants that are its arguments (`Reshape/shape`);
3. gradients, optimizers and savers become one box each;
4. so do scopes that one library call made (`dropout`, `moments`), and scopes below a depth;
5. equal blocks that follow each other (`unit_2`, `unit_3`, `unit_4`) become one stack.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from .graph_nodes import Node, leaf, parent_scope, scopes_around, shape_of
from .structure import VARIABLES, Signatures, count_parameters, find_series, sign_scopes
from .style import kind_of

MAX_BOXES = 100  # more than that nobody reads, and the layout takes seconds
_MAX_ARGUMENT_ELEMENTS = 8

_ASSIGNS = frozenset({"Assign", "AssignVariableOp"})
_SAVES = re.compile(r"(Save|Restore)(V2|Slices|Slice)?")
_UPDATES = re.compile(r"(Resource)?(Sparse)?Apply.*")
_BETA_POWER = re.compile(r"beta[12]_power(_\d+)?")
_GRADIENTS = re.compile(r"gradients(_\d+)?")
_DEFAULT_CONSTANT = re.compile(r"Const(_\d+)?")
# Scopes that functions of the library open around what they add.
_LIBRARY_SCOPE = re.compile(
    r"(dropout|moments|sufficient_statistics|normalize_moments|batchnorm|batch_normalization"
    r"|l2_normalize|clip_by_(value|norm|global_norm|average_norm)|global_norm"
    r"|logistic_loss|softmax_cross_entropy_with_logits(_sg)?|xentropy|log_loss|absolute_difference"
    r"|softmax_cross_entropy_loss|sparse_softmax_cross_entropy_loss|mean_squared_error"
    r"|sigmoid_cross_entropy_loss|hinge_loss|huber_loss|nce_loss|sampled_softmax_loss"
    r"|SparseSoftmaxCrossEntropyWithLogits|weighted_loss|l[12]_regularizer"
    r"|random_(uniform|normal|shuffle|gamma)|truncated_normal|multinomial"
    r"|embedding_lookup(_sparse)?|in_top_k|zero_fraction|cond|AssignMovingAvg"
    r"|(Exponential|Polynomial|NaturalExp|InverseTime|Cosine)Decay|PiecewiseConstant)(_\d+)?"
)


@dataclass(frozen=True)
class Argument:
    """A constant that is written into the box of the op which takes it."""

    node: Node
    label: str  # the argument's name where the node is named after it, else ""


@dataclass
class Folding:
    """What is drawn inside what.

    Attributes:
      owner: node name -> the name of its box: of a node or of a scope.
      scopes: the scopes that are boxes.
      auxiliary: the boxes that train, initialize or save the net and are no part of it.
      savers: those of them that save or initialize.
      arguments: node name -> the constants written into its box.
      series: the boxes that are stacks -> the scopes in each.
      signatures: which scopes are built alike.
      parameters: scope -> how many numbers the net learns in it.
      inside: node -> the node it is a part of: a variable, or an op that takes it as argument.
      apart: the scopes that train, initialize or save the net, whether they are drawn or not.
    """

    owner: dict[str, str]
    scopes: set[str] = field(default_factory=set)
    auxiliary: set[str] = field(default_factory=set)
    savers: set[str] = field(default_factory=set)
    arguments: dict[str, list[Argument]] = field(default_factory=lambda: defaultdict(list))
    series: dict[str, list[str]] = field(default_factory=dict)
    signatures: Signatures = field(default_factory=lambda: Signatures({}, {}))
    parameters: dict[str, int] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)
    apart: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Choices:
    """What the user wants folded.

    Attributes:
      depth: scopes with more than so many levels become boxes; None: as deep as is readable.
      expand: patterns of scopes (and variables) to be drawn node by node.
      collapse: patterns of scopes to become boxes.
    """

    depth: int | None = None
    expand: tuple[str, ...] = ()
    collapse: tuple[str, ...] = ()

    def opens(self, scope: str) -> bool:
        """Whether `expand` names the scope or one inside it."""
        return any(
            fnmatchcase(scope, pattern) or pattern.startswith(scope + "/")
            for pattern in self.expand
        )

    def closes(self, scope: str) -> bool:
        return any(fnmatchcase(scope, pattern) for pattern in self.collapse)


def fold(nodes: Mapping[str, Node], choices: Choices) -> Folding:
    """Assigns each node to a box."""
    consumers = _consumers(nodes)
    training = _training_scopes(nodes.values())
    saving = _saving_scopes(nodes.values())
    inside = _fold_variables(nodes, consumers, choices)
    folding = Folding(owner={}, signatures=sign_scopes(nodes, inside))
    folding.apart = training | saving
    folding.parameters = count_parameters(nodes, folding.apart)
    folding.series = find_series(nodes, folding.signatures, folding.apart)
    inside |= _fold_arguments(nodes, consumers, inside, training, folding)
    folding.inside = inside
    drawn = [node for name, node in nodes.items() if name not in inside]
    _fold_scopes(nodes, inside, drawn, training | saving, folding, choices)

    boxes = set(folding.owner.values())
    training &= boxes
    _fold_beta_powers(nodes, consumers, training, folding)
    folding.savers = (saving & boxes) | _initializer_groups(nodes, folding)
    folding.auxiliary = training | folding.savers
    return folding


def _consumers(nodes: Mapping[str, Node]) -> dict[str, list[str]]:
    consumers: dict[str, list[str]] = defaultdict(list)
    for node in nodes.values():
        for source in node.sources:
            consumers[source].append(node.name)
    return consumers


# --- 1. variables --------------------------------------------------------------------------------


def _fold_variables(
    nodes: Mapping[str, Node], consumers: Mapping[str, list[str]], choices: Choices
) -> dict[str, str]:
    """Node -> variable, for all that belongs to one."""
    variables = {
        name for name, node in nodes.items() if node.op in VARIABLES and not choices.opens(name)
    }
    inside = {}
    for name, node in nodes.items():
        if name in variables:
            continue
        around = next((scope for scope in scopes_around(name) if scope in variables), None)
        if around is not None:
            inside[name] = around
        elif node.op == "ReadVariableOp" and node.inputs and node.inputs[0].node in variables:
            inside[name] = node.inputs[0].node
    # A slot is a variable inside a variable.
    for name in variables:
        around = next((scope for scope in scopes_around(name) if scope in variables), None)
        if around is not None:
            inside[name] = around
    _fold_initial_values(nodes, consumers, inside)
    return inside


def _fold_initial_values(
    nodes: Mapping[str, Node], consumers: Mapping[str, list[str]], inside: dict[str, str]
) -> None:
    """Adds the nodes that only the assignment of an initial value depends on."""
    initial = [name for name in inside if nodes[name].op in _ASSIGNS]
    only_initial = set(initial)
    while initial:
        name = initial.pop()
        for source in nodes[name].sources:
            if source not in nodes or source in only_initial or source in inside:
                continue
            if kind_of(nodes[source].op) in ("input", "variable"):
                continue
            if all(consumer in only_initial for consumer in consumers[source]):
                inside[source] = inside[name]
                only_initial.add(source)
                initial.append(source)


# --- 2. arguments --------------------------------------------------------------------------------


def _fold_arguments(
    nodes: Mapping[str, Node],
    consumers: Mapping[str, list[str]],
    inside: Mapping[str, str],
    training: set[str],
    folding: Folding,
) -> dict[str, str]:
    """Constant -> the one op of the net that takes it; its gradient may take it too."""
    taken = {}
    for name, node in nodes.items():
        if node.op != "Const" or node.controls or name in inside:
            continue
        takers = [c for c in consumers[name] if training.isdisjoint(scopes_around(c))]
        if len(takers) != 1 or takers[0] in inside:
            continue
        (consumer,) = takers
        named_after = parent_scope(name) == consumer
        if named_after or (_DEFAULT_CONSTANT.fullmatch(leaf(name)) and _is_short(node)):
            folding.arguments[consumer].append(Argument(node, leaf(name) if named_after else ""))
            taken[name] = consumer
    return taken


def _is_short(node: Node) -> bool:
    if "value" not in node.attr:
        return False
    elements = 1
    for size in shape_of(node.attr["value"].tensor.tensor_shape) or ():
        elements *= size or 0
    return elements <= _MAX_ARGUMENT_ELEMENTS


# --- 3. gradients, optimizers, savers ------------------------------------------------------------


def _training_scopes(nodes: Iterable[Node]) -> set[str]:
    scopes: set[str] = set()
    for node in nodes:
        around = scopes_around(node.name)
        scopes.update(scope for scope in around if _GRADIENTS.fullmatch(leaf(scope)))
        if _UPDATES.fullmatch(node.op):
            update = next((s for s in around if leaf(s).startswith("update_")), "")
            scopes.add(parent_scope(update))
    return scopes - {""}


def _saving_scopes(nodes: Iterable[Node]) -> set[str]:
    return {parent_scope(node.name) for node in nodes if _SAVES.fullmatch(node.op)} - {""}


def _fold_beta_powers(
    nodes: Mapping[str, Node],
    consumers: Mapping[str, list[str]],
    training: set[str],
    folding: Folding,
) -> None:
    """Adam's running powers stand beside its scope; they belong to its box."""
    owner = folding.owner
    for name in [n for n in nodes if owner[n] == n and _BETA_POWER.fullmatch(leaf(n))]:
        members = [member for member in nodes if owner[member] == name]
        boxes = {owner[consumer] for member in members for consumer in consumers[member]}
        optimizers = sorted((boxes & training) - {name})
        if optimizers:
            owner.update(dict.fromkeys(members, optimizers[0]))


def _initializer_groups(nodes: Mapping[str, Node], folding: Folding) -> set[str]:
    """The `init` ops: they do nothing but wait for assignments of initial values."""
    return {
        name
        for name, node in nodes.items()
        if node.op == "NoOp"
        and folding.owner[name] == name
        and node.controls
        and all(source in nodes and nodes[source].op in _ASSIGNS for source in node.controls)
    }


# --- 4. scopes -----------------------------------------------------------------------------------


def _fold_scopes(
    nodes: Mapping[str, Node],
    inside: Mapping[str, str],
    drawn: list[Node],
    auxiliary: set[str],
    folding: Folding,
    choices: Choices,
) -> None:
    """Fills `owner` and `scopes`: each node goes to the outermost scope that is a box."""
    around = {node.name: scopes_around(node.name) for node in drawn}
    all_scopes = {scope for scopes in around.values() for scope in scopes}
    one_call = _scopes_of_one_call(drawn, around, all_scopes)
    forced = {scope for scope in all_scopes if choices.closes(scope)}
    kept_open = {scope for scope in all_scopes if choices.opens(scope)}
    closed = forced | ((auxiliary | one_call) - kept_open)
    stack_of = _stacks(folding, one_call | forced, choices)

    def boxes(depth: int | None) -> dict[str, str]:
        found = {}
        for name, scopes in around.items():
            # An op that bears the name of a scope is part of it.
            candidates = [*scopes, name] if name in all_scopes else scopes
            found[name] = next(
                (
                    stack_of.get(scope, scope)
                    for level, scope in enumerate(candidates, start=1)
                    if scope in closed
                    or (scope in stack_of and choices.depth is None)
                    or (depth is not None and level > depth and scope not in kept_open)
                ),
                name,
            )
        return found

    owner = boxes(choices.depth)
    if choices.depth is None and not choices.expand:
        owner = _readable(boxes, owner, deepest=max(map(len, around.values()), default=0))
    folding.scopes = {box for box in owner.values() if box in all_scopes and box in closed}
    folding.scopes |= {box for name, box in owner.items() if box != name}
    folding.series = {
        name: folding.series[name] for name in folding.series if name in folding.scopes
    }
    for name in nodes:
        outer = name
        while outer in inside:
            outer = inside[outer]
        folding.owner[name] = owner[outer]


def _stacks(folding: Folding, single: Collection[str], choices: Choices) -> dict[str, str]:
    """Scope -> the stack that it is drawn in, unless the user wants to see into it."""
    return {
        scope: name
        for name, scopes in folding.series.items()
        if not any(scope in single or choices.opens(scope) for scope in [name, *scopes])
        for scope in scopes
    }


def _scopes_of_one_call(
    drawn: Iterable[Node], around: Mapping[str, list[str]], all_scopes: Collection[str]
) -> set[str]:
    """Scopes of library functions, and scopes whose last op bears their name (`logistic_loss`).

    What holds an input or a variable is more than one call, whatever its name.
    """
    names = set(around)
    holds_more = {
        scope
        for node in drawn
        if kind_of(node.op) in ("input", "variable")
        for scope in around[node.name]
    }
    return {
        scope
        for scope in all_scopes
        if (scope in names or _LIBRARY_SCOPE.fullmatch(leaf(scope))) and scope not in holds_more
    }


def _readable(
    boxes: Callable[[int | None], dict[str, str]], owner: dict[str, str], deepest: int
) -> dict[str, str]:
    """The deepest folding with no more than MAX_BOXES, else the shallowest."""
    for depth in range(deepest - 1, -1, -1):
        if len(set(owner.values())) <= MAX_BOXES:
            break
        owner = boxes(depth)
    return owner
