"""TensorFlow's messages under a package name of our own.

Names, numbers and types of fields are TensorFlow's, so bytes and text are interchangeable; the
proto package is `graphflow`, so that TensorFlow can be imported in the same process. Nothing is
imported here: protobuf is loaded by the code that needs a message, with
`from graphflow.protos import graph_pb2`.
"""
