"""tf.io.gfile: files and directories, under the names that TensorFlow 2 gave them."""

from ..core.files.gfile import Copy as copy
from ..core.files.gfile import DeleteRecursively as rmtree
from ..core.files.gfile import Exists as exists
from ..core.files.gfile import GFile as GFile
from ..core.files.gfile import Glob as glob
from ..core.files.gfile import IsDirectory as isdir
from ..core.files.gfile import ListDirectory as listdir
from ..core.files.gfile import MakeDirs as makedirs
from ..core.files.gfile import MkDir as mkdir
from ..core.files.gfile import Remove as remove
from ..core.files.gfile import Rename as rename
from ..core.files.gfile import Stat as stat
from ..core.files.gfile import Walk as walk

__all__ = [
    "GFile",
    "copy",
    "exists",
    "glob",
    "isdir",
    "listdir",
    "makedirs",
    "mkdir",
    "remove",
    "rename",
    "rmtree",
    "stat",
    "walk",
]
