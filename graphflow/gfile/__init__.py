"""tf.gfile: files and directories of this machine, with TF1's names and error classes."""

from ..core.files.gfile import Copy as Copy
from ..core.files.gfile import DeleteRecursively as DeleteRecursively
from ..core.files.gfile import Exists as Exists
from ..core.files.gfile import FileStatistics as FileStatistics
from ..core.files.gfile import GFile as FastGFile
from ..core.files.gfile import GFile as GFile
from ..core.files.gfile import GFile as Open
from ..core.files.gfile import Glob as Glob
from ..core.files.gfile import IsDirectory as IsDirectory
from ..core.files.gfile import ListDirectory as ListDirectory
from ..core.files.gfile import MakeDirs as MakeDirs
from ..core.files.gfile import MkDir as MkDir
from ..core.files.gfile import Remove as Remove
from ..core.files.gfile import Rename as Rename
from ..core.files.gfile import Stat as Stat
from ..core.files.gfile import Walk as Walk
