"""tf.gfile: files and directories of this machine, with TF1's names and error classes."""

from .files import Copy as Copy
from .files import DeleteRecursively as DeleteRecursively
from .files import Exists as Exists
from .files import FileStatistics as FileStatistics
from .files import GFile as FastGFile
from .files import GFile as GFile
from .files import GFile as Open
from .files import Glob as Glob
from .files import IsDirectory as IsDirectory
from .files import ListDirectory as ListDirectory
from .files import MakeDirs as MakeDirs
from .files import MkDir as MkDir
from .files import Remove as Remove
from .files import Rename as Rename
from .files import Stat as Stat
from .files import Walk as Walk
