"""The explorer: one HTML file in which a graph of any size is opened scope by scope.

`tree` says where each node stands, `costs` and `measures` what it costs, `page_data` puts that
into one JSON object, and `explorer` joins it with the scripts of `page/` into a file that needs no
network.
"""

from .explorer import GraphExplorer as GraphExplorer
from .explorer import explore as explore
from .measures import Health as Health
from .measures import check_health as check_health
