"""QueueRunner: threads that run a queue's enqueues until their input is used up."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Sequence
from typing import Any

from ..core.base import errors
from ..core.graph.collection_keys import GraphKeys
from ..core.graph.scopes import add_to_collection, get_collection
from ..core.graph.stacks import get_default_graph, get_default_session
from ..core.session.session import BaseSession
from ..core.variables.save_slice_info import within_scope, without_scope
from .coordinator import Coordinator

_logger = logging.getLogger(__name__)

_CLOSED = (errors.OutOfRangeError,)


class QueueRunner:
    """A queue, and the operations that fill it, each to be run again and again in a thread.

    Args:
      queue: the queue.
      enqueue_ops: the operations; the same one several times for several threads.
      close_op: closes the queue when the input is used up; `queue.close()` by default.
      cancel_op: closes it after an error; `queue.close(cancel_pending_enqueues=True)` by default.
      queue_closed_exception_types: the errors that say that the input is used up, a tuple;
        `(OutOfRangeError,)` by default.
      queue_runner_def: a QueueRunnerDef proto to take all of this from instead.
      import_scope: a scope to put before the proto's names.

    Raises:
      ValueError: neither a proto nor a queue with operations is given, or both.
      TypeError: `queue_closed_exception_types` is no tuple of error classes.
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Any = None,
        close_op: Any = None,
        cancel_op: Any = None,
        queue_closed_exception_types: Any = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        if queue_runner_def:
            if queue or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            self._read_proto(queue_runner_def, import_scope)
        else:
            if not queue or not enqueue_ops:
                raise ValueError("Must provide queue and enqueue_ops.")
            _check_error_types(queue_closed_exception_types)
            self._queue = queue
            self._enqueue_ops = enqueue_ops
            self._close_op = queue.close() if close_op is None else close_op
            if cancel_op is None:
                cancel_op = queue.close(cancel_pending_enqueues=True)
            self._cancel_op = cancel_op
            self._queue_closed_exception_types = queue_closed_exception_types or _CLOSED
        self._lock = threading.Lock()
        # how many threads still run, for each session
        self._running: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._exceptions_raised: list[Exception] = []

    def _read_proto(self, proto: Any, scope: str | None) -> None:
        graph = get_default_graph()

        def element(name: str) -> Any:
            return graph.as_graph_element(within_scope(name, scope))

        self._queue = element(proto.queue_name)
        self._enqueue_ops = [element(name) for name in proto.enqueue_op_name]
        self._close_op = element(proto.close_op_name)
        self._cancel_op = element(proto.cancel_op_name)
        codes = proto.queue_closed_exception_types
        # protos from before there was this field have none
        types = tuple(errors.exception_type_from_error_code(code) for code in codes)
        self._queue_closed_exception_types = types or _CLOSED

    @property
    def queue(self) -> Any:
        """The queue; of a QueueRunner from a proto, the operation that names it."""
        return self._queue

    @property
    def enqueue_ops(self) -> Any:
        """The operations that fill it."""
        return self._enqueue_ops

    @property
    def close_op(self) -> Any:
        """The operation that closes it when the input is used up."""
        return self._close_op

    @property
    def cancel_op(self) -> Any:
        """The operation that closes it after an error."""
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> Any:
        """The errors that say that the input is used up."""
        return self._queue_closed_exception_types

    @property
    def exceptions_raised(self) -> list[Exception]:
        """The errors of the threads; with a Coordinator they are reported there instead."""
        return self._exceptions_raised

    @property
    def name(self) -> str:
        """The queue's name."""
        name: str = self._queue.name
        return name

    # --- threads ---------------------------------------------------------------------------------

    def create_threads(
        self,
        sess: Any,
        coord: Coordinator | None = None,
        daemon: bool = False,
        start: bool = False,
    ) -> list[threading.Thread]:
        """Makes a thread for each enqueue operation.

        Args:
          sess: the session to run them in.
          coord: stops the threads and takes their errors. There is one more thread then, which
            closes the queue when a stop is requested.
          daemon: whether the program may end while they run.
          start: whether to start them.

        Returns:
          The threads; none while threads made before for this session still run.
        """
        with self._lock:
            if self._running.get(sess, 0) > 0:
                return []
            self._running[sess] = len(self._enqueue_ops)
            self._exceptions_raised = []
        prefix = f"QueueRunnerThread-{self.name}"
        threads = [
            threading.Thread(target=self._run, args=(sess, op, coord), name=f"{prefix}-{op.name}")
            for op in self._enqueue_ops
        ]
        if coord is not None:
            stopper = (sess, self._cancel_op, coord)
            threads.append(
                threading.Thread(
                    target=self._close_on_stop, args=stopper, name=f"{prefix}-close_on_stop"
                )
            )
        for thread in threads:
            if coord is not None:
                coord.register_thread(thread)
            if daemon:
                thread.daemon = True
            if start:
                thread.start()
        return threads

    def _run(self, sess: Any, enqueue_op: Any, coord: Coordinator | None) -> None:
        """What one thread does."""
        try:
            enqueue = sess.make_callable(enqueue_op)
            try:
                while coord is None or not coord.should_stop():
                    enqueue()
            except self._queue_closed_exception_types:
                if self._ended(sess) == 0:
                    _run_quietly(sess, self._close_op)
                return
        except Exception as error:
            if coord is not None:
                coord.request_stop(error)
            else:
                _logger.error("Exception in QueueRunner: %s", error)
                with self._lock:
                    self._exceptions_raised.append(error)
                self._ended(sess)
                raise
        self._ended(sess)

    def _ended(self, sess: Any) -> int:
        """Counts a thread out; gives how many are left."""
        with self._lock:
            self._running[sess] -= 1
            return self._running[sess]

    @staticmethod
    def _close_on_stop(sess: Any, cancel_op: Any, coord: Coordinator) -> None:
        coord.wait_for_stop()
        _run_quietly(sess, cancel_op)

    # --- protos ----------------------------------------------------------------------------------

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The QueueRunnerDef with names inside a scope; None when the queue is outside of it."""
        from ..protos.meta_graph_pb2 import QueueRunnerDef

        if export_scope is not None and not self.name.startswith(export_scope):
            return None
        codes = map(errors.error_code_from_exception_type, self._queue_closed_exception_types)
        return QueueRunnerDef(
            queue_name=without_scope(self.name, export_scope),
            enqueue_op_name=[without_scope(op.name, export_scope) for op in self._enqueue_ops],
            close_op_name=without_scope(self._close_op.name, export_scope),
            cancel_op_name=without_scope(self._cancel_op.name, export_scope),
            queue_closed_exception_types=codes,
        )

    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> QueueRunner:
        """A QueueRunner for nodes that are in the default graph, under a scope."""
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)


def _check_error_types(types: Any) -> None:
    if types is None:
        return
    is_right = isinstance(types, tuple) and len(types) > 0
    if not is_right or not all(issubclass(t, errors.OpError) for t in types):
        raise TypeError(
            "queue_closed_exception_types, when provided, must be a tuple of tf.error types, but "
            f"saw: {types}"
        )


def _run_quietly(sess: Any, op: Any) -> None:
    """Closes a queue; it may be closed already, and so may the session."""
    try:
        sess.run(op)
    except Exception as error:
        _logger.debug("Ignored exception: %s", error)


def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Adds a QueueRunner to a collection of the default graph, for `start_queue_runners`.

    Args:
      qr: the QueueRunner.
      collection: the collection's name.
    """
    add_to_collection(collection, qr)


def start_queue_runners(
    sess: Any = None,
    coord: Coordinator | None = None,
    daemon: bool = True,
    start: bool = True,
    collection: str = GraphKeys.QUEUE_RUNNERS,
) -> Sequence[threading.Thread]:
    """Starts the threads of all QueueRunners of the default graph.

    Args:
      sess: the session to run them in; the default session when None.
      coord: stops the threads and takes their errors.
      daemon: whether the program may end while they run.
      start: whether to start them, or only to make them.
      collection: where the QueueRunners are.

    Returns:
      The threads.

    Raises:
      ValueError: there is no session.
      TypeError: `sess` is no session.
    """
    if sess is None:
        sess = get_default_session()
        if sess is None:
            raise ValueError(
                "Cannot start queue runners: No default session is registered. Use `with "
                "sess.as_default()` or pass an explicit session to "
                "tf.start_queue_runners(sess=sess)"
            )
    if not isinstance(sess, BaseSession):
        if type(sess).__name__ in ("MonitoredSession", "SingularMonitoredSession"):
            return []  # these have started them
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {type(sess)}")
    runners = get_collection(collection)
    if not runners:
        _logger.warning(
            "`tf.train.start_queue_runners()` was called when no queue runners were defined. You "
            "can safely remove the call to this deprecated function."
        )
    with sess.graph.as_default():
        return [
            thread
            for runner in get_collection(collection)
            for thread in runner.create_threads(sess, coord=coord, daemon=daemon, start=start)
        ]
