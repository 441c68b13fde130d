"""Predictor: a graph with a session, called with values by names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.graph.graph import Graph
from ...core.graph.tensor import Tensor
from ...core.session.session import Session


class Predictor:
    """A function from values by names to values by names, computed by a graph.

    Args:
      session: a session of the graph, with values for its variables.
      feed_tensors: tensors by the names of the inputs.
      fetch_tensors: tensors by the names of the outputs.
    """

    def __init__(
        self,
        session: Session,
        feed_tensors: Mapping[str, Tensor],
        fetch_tensors: Mapping[str, Tensor],
    ) -> None:
        self._session = session
        self._feed_tensors = dict(feed_tensors)
        self._fetch_tensors = dict(fetch_tensors)

    @property
    def graph(self) -> Graph:
        graph: Graph = self._session.graph
        return graph

    @property
    def session(self) -> Session:
        return self._session

    @property
    def feed_tensors(self) -> dict[str, Tensor]:
        return self._feed_tensors

    @property
    def fetch_tensors(self) -> dict[str, Tensor]:
        return self._fetch_tensors

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__} with feed tensors {self._feed_tensors} and fetch_tensors "
            f"{self._fetch_tensors}"
        )

    def __call__(self, input_dict: Mapping[str, Any]) -> dict[str, Any]:
        """Computes all outputs.

        Args:
          input_dict: values by the names of inputs; what is None is not fed.

        Returns:
          The outputs by their names.

        Raises:
          ValueError: there is no input of such a name.
        """
        unexpected = set(input_dict) - set(self._feed_tensors)
        if unexpected:
            raise ValueError(
                f"Got unexpected keys in input_dict: {unexpected}\n"
                f"expected: {set(self._feed_tensors)}"
            )
        feeds = {
            self._feed_tensors[key]: value for key, value in input_dict.items() if value is not None
        }
        outputs: dict[str, Any] = self._session.run(self._fetch_tensors, feeds)
        return outputs
