"""from_saved_model: a SavedModel as a function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.graph.graph import Graph
from ...core.session.session import Session
from ...logging import warning
from ...saved_model.loader import load
from ...saved_model.signature_constants import DEFAULT_SERVING_SIGNATURE_DEF_KEY
from ...saved_model.tag_constants import SERVING
from ...saved_model.utils import get_tensor_from_tensor_info
from .predictor import Predictor

# How estimators have named the signatures of further inputs.
_ALTERNATIVE = "default_input_alternative:{}"


class SavedModelPredictor(Predictor):
    """A `Predictor` of a SavedModel; `from_saved_model` tells its arguments."""

    def __init__(
        self,
        export_dir: Any,
        signature_def_key: str | None = None,
        signature_def: Any = None,
        input_names: Mapping[str, str] | None = None,
        output_names: Mapping[str, str] | None = None,
        tags: str | None = None,
        graph: Graph | None = None,
        config: Any = None,
    ) -> None:
        _check_arguments(signature_def_key, signature_def, input_names, output_names)
        graph = Graph() if graph is None else graph
        with graph.as_default():
            session = Session(graph=graph, config=config)
            meta_graph = load(session, (tags or SERVING).split(","), export_dir)
        if input_names is not None and output_names is not None:
            feeds = {key: graph.get_tensor_by_name(name) for key, name in input_names.items()}
            fetches = {key: graph.get_tensor_by_name(name) for key, name in output_names.items()}
        else:
            if signature_def is None:
                key = signature_def_key or DEFAULT_SERVING_SIGNATURE_DEF_KEY
                signature_def = _signature(meta_graph, key)
            feeds, fetches = (
                {key: get_tensor_from_tensor_info(info, graph) for key, info in infos.items()}
                for infos in (signature_def.inputs, signature_def.outputs)
            )
        super().__init__(session, feeds, fetches)


def _check_arguments(key: Any, signature: Any, input_names: Any, output_names: Any) -> None:
    if (input_names is None) != (output_names is None):
        raise ValueError(
            "input_names and output_names must both be specified or both be unspecified."
        )
    if sum(given is not None for given in (key, signature, input_names)) > 1:
        raise ValueError(
            "You must specify at most one of signature_def_key OR signature_def OR (input_names "
            "AND output_names)."
        )


def _signature(meta_graph: Any, key: str) -> Any:
    signatures = meta_graph.signature_def
    alternative = _ALTERNATIVE.format(key)
    if key not in signatures and alternative in signatures:
        warning('Could not find signature def "%s". Using "%s" instead', key, alternative)
        key = alternative
    if key not in signatures:
        raise ValueError(
            f'Got signature_def_key "{key}". Available signatures are {sorted(signatures)}.'
        )
    return signatures[key]


def from_saved_model(
    export_dir: Any,
    signature_def_key: str | None = None,
    signature_def: Any = None,
    input_names: Mapping[str, str] | None = None,
    output_names: Mapping[str, str] | None = None,
    tags: str | None = None,
    graph: Graph | None = None,
    config: Any = None,
) -> SavedModelPredictor:
    """A SavedModel as a function: `from_saved_model(folder)({"x": [1.0]})["y"]`.

    Args:
      export_dir: the directory.
      signature_def_key: the name of the signature that tells inputs and outputs, the one for
        serving by default.
      signature_def: or a signature itself.
      input_names: or the names of tensors by those of the inputs, together with `output_names`.
      output_names: the names of tensors by those of the outputs.
      tags: the tags of the graph in the SavedModel, with commas between; `"serve"` by default.
      graph: the graph to load into; a new one by default.
      config: a ConfigProto for the session.

    Returns:
      The predictor.

    Raises:
      KeyError: the graph has no tensor of such a name.
      OSError: the directory has no SavedModel, or a damaged one.
      RuntimeError: no graph has these tags.
      ValueError: too many of the arguments are given, or there is no such signature.
    """
    return SavedModelPredictor(
        export_dir,
        signature_def_key=signature_def_key,
        signature_def=signature_def,
        input_names=input_names,
        output_names=output_names,
        tags=tags,
        graph=graph,
        config=config,
    )
