"""Files of TensorFlow, told apart and read: what the command line is made of."""
