"""`tf.graph_util`: GraphDefs cut out, cleaned of training, and frozen with their variables."""

from ..core.graph.import_graph_def import import_graph_def as import_graph_def
from .freezing import convert_variables_to_constants as convert_variables_to_constants
from .nodes import must_run_on_cpu as must_run_on_cpu
from .nodes import tensor_shape_from_node_def_name as tensor_shape_from_node_def_name
from .subgraphs import extract_sub_graph as extract_sub_graph
from .subgraphs import remove_training_nodes as remove_training_nodes
