"""Graphs for inference as ONNX models, which other runtimes and devices run.

package.py   the package `onnx`, an extra
writer.py    the ONNX graph that is being written: names, constants, orders of dimensions
table.py     TensorFlow's op -> the function that writes its nodes: read this first
elementwise, windows, arrays, slices, reductions, products, control: those functions
convert.py   the walk over a graph
check.py     the model and the graph on the same inputs, compared
"""

from .check import check_onnx as check_onnx
from .convert import to_onnx as to_onnx
