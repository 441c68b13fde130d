"""Session: holds the variables of a graph and runs parts of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base import errors
from ..base.ref import Ref
from ..graph.graph import Graph
from ..graph.stacks import default_sessions, get_default_graph
from ..graph.tensor import Tensor
from ..runtime.context import RunContext, SessionState
from ..runtime.executable import Executable
from .compile import compile_fetches
from .feeds import as_fed_tensor, read_feeds
from .fetches import FetchPlan
from .growth import GrowthWatch
from .options import options_from
from .partial_run import PartialRun
from .prepared import PreparedRun, PreparedRuns
from .run_metadata import fill_run_metadata, wants_trace

_MAX_CACHED_PROGRAMS = 1000


class BaseSession:
    """What Session and InteractiveSession share; see Session."""

    def __init__(
        self, target: str | bytes = "", graph: Graph | None = None, config: Any = None
    ) -> None:
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
        if not isinstance(target, str | bytes):
            raise TypeError(f"target must be a string, but got {type(target)}")
        if config is not None and not hasattr(config, "SerializeToString"):
            raise TypeError(f"config must be a tf.ConfigProto, but got {type(config)}")
        if target not in ("", b"", "local", b"local"):
            raise errors.NotFoundError(
                None,
                None,
                "No session factory registered for the given session options: {target: "
                f"{target!r}}}: graphflow runs in this process only",
            )
        self._target = target
        self._config = config
        self._graph = graph if graph is not None else get_default_graph()
        self._state = SessionState(options_from(config))
        self._programs: dict[Any, Executable] = {}
        self._prepared = PreparedRuns()
        self._partial_runs: dict[str, PartialRun] = {}
        self._growth = GrowthWatch(self._graph)
        self._timeout_in_ms = 0 if config is None else config.operation_timeout_in_ms
        self._closed = False

    @property
    def graph(self) -> Graph:
        """The graph that this session runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a GraphDef proto."""
        return self._graph.as_graph_def(add_shapes=False)

    @property
    def sess_str(self) -> Any:
        """The target that the session was made with."""
        return self._target

    def as_default(self) -> contextlib.AbstractContextManager[Any]:
        """Makes this the default session of the thread inside the `with` block."""
        return default_sessions.pushed(self)

    def close(self) -> None:
        """Ends the session: its variables are freed, runs in other threads are cancelled."""
        self._closed = True
        self._state.close()
        self._programs.clear()
        self._prepared.clear()

    def list_devices(self) -> list[Any]:
        """The devices of this session: the CPU."""
        from .devices import local_devices

        return local_devices(self._config)

    # --- running ---------------------------------------------------------------------------------

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Runs what the fetches need and returns their values.

        Args:
          fetches: a tensor, operation, variable, name, SparseTensor or IndexedSlices, or lists,
            tuples, namedtuples and dicts of these, nested.
          feed_dict: values for tensors; any tensor may be fed, not only placeholders.
          options: a RunOptions proto; a trace level above NO_TRACE fills `run_metadata`, and
            `timeout_in_ms` ends a run between nodes of loops and branches that last longer.
          run_metadata: a RunMetadata proto to be filled with the times of the nodes.

        Returns:
          The values in the nesting of `fetches`: ndarrays (NumPy scalars for scalars, bytes for
          strings) that the caller owns; None for operations.

        Raises:
          RuntimeError: the session is closed, or its graph is empty.
          TypeError: a fetch or feed is of the wrong type.
          ValueError: a fetch is not in the graph, or a feed has the wrong shape.
          tf.errors.OpError: a node failed.
        """
        if self._closed:
            self._check_open()
        key = self._prepared.key(fetches, feed_dict)
        prepared = self._prepared.find(key, self._graph._change_count)
        if prepared is None:
            prepared, args = self._prepare(key, fetches, feed_dict)
        else:
            values = feed_dict.values() if feed_dict else ()
            if prepared.quick is not None and options is None and run_metadata is None:
                return prepared.quick(values)
            args = [feed(value) for feed, value in zip(prepared.feeders, values)]
        return self._run_prepared(prepared, args, options, run_metadata)

    def _prepare(self, key: Any, fetches: Any, feed_dict: Any) -> tuple[PreparedRun, list[Any]]:
        """Looks at fetches and feeds for the first time; gives the fed arrays as well."""
        self._check_open()
        fetch_plan = FetchPlan(self._graph, fetches)
        feeds = read_feeds(self._graph, feed_dict) if feed_dict else {}
        self._growth.before_run()
        executable = self._executable(fetch_plan, tuple(feeds))
        prepared = PreparedRun(self._graph._change_count, fetch_plan, executable, tuple(feeds))
        if key is not None:
            self._prepared.keep(key, feed_dict, prepared)
        return prepared, list(feeds.values())

    def _run_prepared(
        self, prepared: PreparedRun, args: list[Any], options: Any, run_metadata: Any
    ) -> Any:
        if options is None and run_metadata is None:
            values = prepared.run_simple(args)
            if values is not None:
                return prepared.fetches.rebuild(values)
        wants_times = run_metadata is not None and wants_trace(options, run_metadata)
        timeout = options.timeout_in_ms if options is not None else 0
        context = RunContext(self._state, wants_times, timeout or self._timeout_in_ms)
        results = prepared.executable.run(args, context)
        if run_metadata is not None:
            fill_run_metadata(run_metadata, context)
        plan = prepared.fetches
        return plan.rebuild(user_values(plan.tensors, results))

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if self._graph.version == 0:
            raise RuntimeError(
                "The Session graph is empty. Add operations to the graph before calling run()."
            )

    def _executable(self, fetch_plan: FetchPlan, feeds: tuple[Tensor, ...]) -> Executable:
        key = (
            self._graph._change_count,
            tuple(fetch_plan.tensors),
            tuple(fetch_plan.targets),
            feeds,
        )
        executable = self._programs.get(key)
        if executable is None:
            executable = compile_fetches(
                fetch_plan.tensors, fetch_plan.targets, feeds, self._state.options
            )
            if len(self._programs) >= _MAX_CACHED_PROGRAMS:
                self._programs.clear()
            self._programs[key] = executable
        return executable

    def make_callable(
        self, fetches: Any, feed_list: Sequence[Any] | None = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """A function that runs `fetches`, for a faster call than `run`.

        Args:
          fetches: as in `run`.
          feed_list: the tensors fed, in the order of the function's arguments.
          accept_options: whether the function takes `options` and `run_metadata` as well.

        Returns:
          `(*feed_values) -> values of the fetches`.
        """
        self._check_open()
        if feed_list is not None and not isinstance(feed_list, list | tuple):
            raise TypeError("`feed_list` must be a list or tuple.")
        tensors = tuple(as_fed_tensor(self._graph, key) for key in feed_list or ())
        fetch_plan = FetchPlan(self._graph, fetches)
        graph, count = self._graph, len(tensors)
        prepared: PreparedRun | None = None

        def call(*values: Any, options: Any = None, run_metadata: Any = None) -> Any:
            nonlocal prepared
            if self._closed:
                self._check_open()
            if len(values) != count:
                raise TypeError(f"expected {count} feed values, got {len(values)}")
            version = graph._change_count
            if prepared is None or prepared.version != version:
                executable = self._executable(fetch_plan, tensors)
                prepared = PreparedRun(version, fetch_plan, executable, tensors)
            if options is not None or run_metadata is not None:
                if not accept_options:
                    raise TypeError("options need make_callable(..., accept_options=True)")
            elif prepared.quick is not None:
                return prepared.quick(values)
            args = [feed(value) for feed, value in zip(prepared.feeders, values)]
            return self._run_prepared(prepared, args, options, run_metadata)

        return call

    # --- partial runs ----------------------------------------------------------------------------

    def partial_run_setup(self, fetches: Any, feeds: Sequence[Any] | None = None) -> str:
        """Prepares a run in several steps.

        Args:
          fetches: all that will be fetched.
          feeds: all tensors that will be fed.

        Returns:
          A handle for `partial_run`.
        """
        self._check_open()
        fetch_plan = FetchPlan(self._graph, fetches)
        tensors = [as_fed_tensor(self._graph, key) for key in feeds or ()]
        handle = f"partial_run_{len(self._partial_runs)}"
        self._partial_runs[handle] = PartialRun(fetch_plan, tensors, RunContext(self._state))
        return handle

    def partial_run(self, handle: str, fetches: Any, feed_dict: Any = None) -> Any:
        """Goes on with a run: feeds some tensors, computes some fetches, each at most once.

        Args:
          handle: from `partial_run_setup`.
          fetches: as in `run`; must be among those set up.
          feed_dict: as in `run`; must be among those set up and not fed before.

        Raises:
          InvalidArgumentError: unknown handle, or a feed or fetch that was not set up.
        """
        self._check_open()
        partial = self._partial_runs.get(handle)
        if partial is None:
            raise errors.InvalidArgumentError(
                None, None, "Must run 'setup' before performing partial runs!"
            )
        fetch_plan = FetchPlan(self._graph, fetches)
        feeds = read_feeds(self._graph, feed_dict) if feed_dict else {}
        results = partial.advance(fetch_plan, feeds)
        owned = [r.copy() if isinstance(r, np.ndarray) else r for r in results]
        return fetch_plan.rebuild(user_values(fetch_plan.tensors, owned))


def user_values(tensors: Sequence[Tensor], values: Sequence[Any]) -> list[Any]:
    """Results as users get them: variables as copies of their values, scalars as NumPy scalars."""
    return [_user_value(t, v) for t, v in zip(tensors, values, strict=True)]


def _user_value(tensor: Tensor, value: Any) -> Any:
    if isinstance(value, Ref) and tensor.dtype._is_ref_dtype:
        try:
            value = value.read().copy()
        except errors.OpError as error:
            raise type(error)(None, tensor.op, error.message) from None
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


class Session(BaseSession):
    """Runs the operations of a graph and holds its variables.

    Args:
      target: only the default, in-process engine.
      graph: the graph to run; the default graph when None.
      config: a `tf.ConfigProto`.
    """

    def __init__(
        self, target: str | bytes = "", graph: Graph | None = None, config: Any = None
    ) -> None:
        super().__init__(target, graph, config)
        self._entered: contextlib.ExitStack | None = None

    def __enter__(self) -> Session:
        if self._entered is not None:
            raise RuntimeError(
                "Session context managers are not re-entrant. Use `Session.as_default()` if you "
                "want to enter a session multiple times."
            )
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._graph.as_default())
            stack.enter_context(self.as_default())
            self._entered = stack.pop_all()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        entered, self._entered = self._entered, None
        assert entered is not None
        entered.__exit__(*exc_info)
        self.close()

    @staticmethod
    def reset(target: str, containers: Any = None, config: Any = None) -> None:
        """Clears the containers of a remote target, of which graphflow has none.

        Raises:
          InvalidArgumentError: always for a target; in-process sessions share no variables.
        """
        raise errors.InvalidArgumentError(
            None, None, f"there is no distributed target {target!r} to reset in graphflow"
        )


class InteractiveSession(BaseSession):
    """A session that makes itself the default one, for notebooks and shells.

    Args: as Session.
    """

    def __init__(
        self, target: str | bytes = "", graph: Graph | None = None, config: Any = None
    ) -> None:
        super().__init__(target, graph, config)
        self._installed = contextlib.ExitStack()
        default_sessions.enforce_nesting = False
        if graph is not None:
            self._installed.enter_context(graph.as_default())
        self._installed.enter_context(self.as_default())

    def close(self) -> None:
        """Ends the session and takes it off the default."""
        super().close()
        self._installed.close()
