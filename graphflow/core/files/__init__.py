"""Files as bytes: checkpoints, TFRecord, and what these are made of; no graph, no session.

Everything here reads and writes what TensorFlow reads and writes. A damaged file raises
`DataLossError`, one that is not there `NotFoundError`, and files are replaced as a whole.
"""
