"""FileWriter: summaries, graphs and what else TensorBoard shows, in event files."""

from __future__ import annotations

import os
import threading
import time
import warnings
from types import TracebackType
from typing import Any

from ..core.base import compat
from ..core.files.events import EventsWriter
from ..core.graph.graph import Graph
from ..core.graph.stacks import get_default_graph
from ..train.meta_graph import export_meta_graph


class FileWriter:
    """Writes an event file.

    Args:
      logdir: the directory, made if need be; each writer begins a file of its own in it.
      graph: a Graph to write at once, also as a MetaGraphDef.
      max_queue: accepted; events are written by the caller's thread, into memory.
      flush_secs: after how many seconds an event makes the ones before it readable for others.
      graph_def: the former name of `graph`.
      filename_suffix: the end of the file's name.
      session: accepted; TF1 shares one file among the writers of a session then.

    Raises:
      OpError: the file system refuses.
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ) -> None:
        self._logdir = compat.as_str(os.fspath(logdir))
        self._suffix = filename_suffix or ""
        self._flush_secs = flush_secs
        self._events = EventsWriter(self._logdir, self._suffix, flush_secs)
        self._closed = False
        self._run_tags: set[str] = set()
        self._seen_tags: set[str] = set()
        if graph is not None or graph_def is not None:
            self.add_graph(graph, graph_def=graph_def)
            given = graph if graph is not None else graph_def
            if isinstance(given, Graph):
                self.add_meta_graph(export_meta_graph(graph=given))
            else:
                self.add_meta_graph(export_meta_graph(graph_def=given, collection_list=[]))

    def get_logdir(self) -> str:
        """The directory of the event file."""
        return self._logdir

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Writes a summary.

        Args:
          summary: a Summary, or one serialized, as a run gives it.
          global_step: the step that it belongs to.

        Raises:
          DecodeError: the bytes are no Summary.
        """
        event = self._new_event(global_step)
        serialized = summary if isinstance(summary, bytes) else summary.SerializeToString()
        event.summary.ParseFromString(serialized)
        for value in event.summary.value:
            # A reader keeps a tag's metadata from the first time that it met it.
            if value.tag in self._seen_tags:
                value.ClearField("metadata")
            self._seen_tags.add(value.tag)
        self.add_event(event)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Writes a graph, with the shapes of its tensors.

        Args:
          graph: a Graph, or a GraphDef.
          global_step: the step that it belongs to.
          graph_def: the former name of `graph`.

        Raises:
          ValueError: both are given.
          TypeError: it is neither a Graph nor a GraphDef.
        """
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        given = graph if graph is not None else graph_def
        if isinstance(given, Graph):
            given = given.as_graph_def(add_shapes=True)
        elif not _is_message(given, "GraphDef"):
            raise TypeError(
                "The passed graph must be an instance of `Graph` or the deprecated `GraphDef`, "
                f"not {type(given).__name__}"
            )
        event = self._new_event(global_step)
        event.graph_def = given.SerializeToString()
        self.add_event(event)

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Writes a MetaGraphDef.

        Raises:
          TypeError: it is none.
        """
        if not _is_message(meta_graph_def, "MetaGraphDef"):
            raise TypeError(
                f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}"
            )
        event = self._new_event(global_step)
        event.meta_graph_def = meta_graph_def.SerializeToString()
        self.add_event(event)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Writes what a run told of itself, which TensorBoard shows with the graph.

        Args:
          run_metadata: a RunMetadata.
          tag: a name for the run, not used before.
          global_step: the step that it belongs to.

        Raises:
          ValueError: the tag was used before.
        """
        if tag in self._run_tags:
            raise ValueError("The provided tag was already used for this event type")
        self._run_tags.add(tag)
        event = self._new_event(global_step)
        event.tagged_run_metadata.tag = tag
        event.tagged_run_metadata.run_metadata = run_metadata.SerializeToString()
        self.add_event(event)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Writes a SessionLog: a start, a stop or a checkpoint."""
        event = self._new_event(global_step)
        event.session_log.ParseFromString(session_log.SerializeToString())
        self.add_event(event)

    def add_event(self, event: Any) -> None:
        """Writes an Event; one added to a closed writer is lost, with a warning."""
        if not self._is_closed():
            self._events.write(event)

    def flush(self) -> None:
        """Makes all events readable for others."""
        if not self._is_closed():
            self._events.flush()

    def close(self) -> None:
        """Ends the file."""
        self._events.close()
        self._closed = True

    def reopen(self) -> None:
        """After `close`, begins another file in the same directory."""
        if self._closed:
            self._events = EventsWriter(self._logdir, self._suffix, self._flush_secs)
            self._closed = False

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _new_event(self, global_step: Any) -> Any:
        from ..protos.event_pb2 import Event

        event = Event(wall_time=time.time())
        if global_step is not None:
            event.step = int(global_step)
        return event

    def _is_closed(self) -> bool:
        if self._closed:
            warnings.warn(
                "Attempting to use a closed FileWriter. The operation will be a noop unless the "
                "FileWriter is explicitly reopened.",
                stacklevel=4,
            )
        return self._closed


def _is_message(value: Any, name: str) -> bool:
    """Whether a value is such a message, TensorFlow's or ours."""
    descriptor = getattr(type(value), "DESCRIPTOR", None)
    return descriptor is not None and descriptor.name == name


class FileWriterCache:
    """One FileWriter for each directory, for all who ask."""

    _cache: dict[str, FileWriter] = {}
    _lock = threading.RLock()

    @staticmethod
    def clear() -> None:
        """Closes and forgets all of them."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._cache.values():
                writer.close()
            FileWriterCache._cache.clear()

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """The directory's writer; a new one begins with the default graph."""
        key = compat.as_str(os.fspath(logdir))
        with FileWriterCache._lock:
            if key not in FileWriterCache._cache:
                FileWriterCache._cache[key] = FileWriter(key, graph=get_default_graph())
            return FileWriterCache._cache[key]
