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
from .dense import Dense as Dense
from .dense import dense as dense
from .dropout import Dropout as Dropout
from .dropout import dropout as dropout
from .flatten import Flatten as Flatten
from .flatten import flatten as flatten
from .input_spec import InputSpec as InputSpec
from .normalization import BatchNormalization as BatchNormalization
from .normalization import batch_normalization as batch_normalization
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
from .separable import SeparableConv1D as SeparableConv1D
from .separable import SeparableConv2D as SeparableConv2D
from .separable import SeparableConv2D as SeparableConvolution2D
from .separable import separable_conv1d as separable_conv1d
from .separable import separable_conv2d as separable_conv2d
from .transposed import Conv2DTranspose as Conv2DTranspose
from .transposed import Conv2DTranspose as Convolution2DTranspose
from .transposed import Conv3DTranspose as Conv3DTranspose
from .transposed import Conv3DTranspose as Convolution3DTranspose
from .transposed import conv2d_transpose as conv2d_transpose
from .transposed import conv3d_transpose as conv3d_transpose

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "BatchNormalization",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "Convolution1D",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Dense",
    "Dropout",
    "Flatten",
    "InputSpec",
    "Layer",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution2D",
    "average_pooling1d",
    "average_pooling2d",
    "average_pooling3d",
    "batch_normalization",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "dense",
    "dropout",
    "flatten",
    "max_pooling1d",
    "max_pooling2d",
    "max_pooling3d",
    "separable_conv1d",
    "separable_conv2d",
]
