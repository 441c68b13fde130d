"""tf.layers: layers that make their own variables."""

from .base import Layer as Layer
from .convolutional import Conv1D as Conv1D
from .convolutional import Conv1D as Convolution1D  # the name before TF 1.5, like those below
from .convolutional import Conv2D as Conv2D
from .convolutional import Conv2D as Convolution2D
from .convolutional import Conv3D as Conv3D
from .convolutional import Conv3D as Convolution3D
from .convolutional import conv1d as conv1d
from .convolutional import conv2d as conv2d
from .convolutional import conv3d as conv3d
from .input_spec import InputSpec as InputSpec
from .pooling import AveragePooling1D as AveragePooling1D
from .pooling import AveragePooling2D as AveragePooling2D
from .pooling import AveragePooling3D as AveragePooling3D
from .pooling import MaxPooling1D as MaxPooling1D
from .pooling import MaxPooling2D as MaxPooling2D
from .pooling import MaxPooling3D as MaxPooling3D
from .pooling import average_pooling1d as average_pooling1d
from .pooling import average_pooling2d as average_pooling2d
from .pooling import average_pooling3d as average_pooling3d
from .pooling import max_pooling1d as max_pooling1d
from .pooling import max_pooling2d as max_pooling2d
from .pooling import max_pooling3d as max_pooling3d

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Convolution1D",
    "Convolution2D",
    "Convolution3D",
    "InputSpec",
    "Layer",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "average_pooling1d",
    "average_pooling2d",
    "average_pooling3d",
    "conv1d",
    "conv2d",
    "conv3d",
    "max_pooling1d",
    "max_pooling2d",
    "max_pooling3d",
]
