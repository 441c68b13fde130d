"""tf.summary: what TensorBoard shows, made in the graph and written to event files."""

from ..core.ops.summary import audio as audio
from ..core.ops.summary import get_summary_description as get_summary_description
from ..core.ops.summary import histogram as histogram
from ..core.ops.summary import image as image
from ..core.ops.summary import merge as merge
from ..core.ops.summary import merge_all as merge_all
from ..core.ops.summary import scalar as scalar
from ..core.ops.summary import tensor_summary as tensor_summary
from ..core.ops.summary import text as text
from .file_writer import FileWriter as FileWriter
from .file_writer import FileWriterCache as FileWriterCache

# Messages: loaded when first used, for protobuf is slow to import.
_PROTOS = frozenset(["Event", "SessionLog", "Summary", "SummaryDescription", "TaggedRunMetadata"])


def __getattr__(name: str) -> object:
    if name not in _PROTOS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ..protos import event_pb2

    message = getattr(event_pb2, name)
    globals()[name] = message
    return message
