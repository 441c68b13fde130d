"""tf.saved_model.tag_constants: usual tags of the graphs of a SavedModel."""

GPU = "gpu"
SERVING = "serve"
TPU = "tpu"
TRAINING = "train"
