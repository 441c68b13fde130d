"""Ops of neural networks: convolution, pooling, activations, losses, normalisation."""

from .activations import crelu as crelu
from .activations import elu as elu
from .activations import leaky_relu as leaky_relu
from .activations import relu as relu
from .activations import relu6 as relu6
from .activations import relu_layer as relu_layer
from .activations import selu as selu
from .activations import softplus as softplus
from .activations import softsign as softsign
from .activations import swish as swish
from .batch_norm import batch_normalization as batch_normalization
from .batch_norm import fused_batch_norm as fused_batch_norm
from .batch_norm import moments as moments
from .bias import bias_add as bias_add
from .bias import xw_plus_b as xw_plus_b
from .candidate_sampling import all_candidate_sampler as all_candidate_sampler
from .candidate_sampling import compute_accidental_hits as compute_accidental_hits
from .candidate_sampling import fixed_unigram_candidate_sampler as fixed_unigram_candidate_sampler
from .candidate_sampling import (
    learned_unigram_candidate_sampler as learned_unigram_candidate_sampler,
)
from .candidate_sampling import log_uniform_candidate_sampler as log_uniform_candidate_sampler
from .candidate_sampling import uniform_candidate_sampler as uniform_candidate_sampler
from .conv1d import conv1d as conv1d
from .conv1d import conv1d_transpose as conv1d_transpose
from .conv2d import conv2d as conv2d
from .conv2d import conv2d_backprop_filter as conv2d_backprop_filter
from .conv2d import conv2d_backprop_input as conv2d_backprop_input
from .conv2d import conv2d_transpose as conv2d_transpose
from .conv3d import conv3d as conv3d
from .conv3d import conv3d_backprop_filter_v2 as conv3d_backprop_filter_v2
from .conv3d import conv3d_transpose as conv3d_transpose
from .convolution import atrous_conv2d as atrous_conv2d
from .convolution import atrous_conv2d_transpose as atrous_conv2d_transpose
from .convolution import conv_transpose as conv_transpose
from .convolution import convolution as convolution
from .cross_entropy import (
    sigmoid_cross_entropy_with_logits as sigmoid_cross_entropy_with_logits,
)
from .cross_entropy import (
    softmax_cross_entropy_with_logits as softmax_cross_entropy_with_logits,
)
from .cross_entropy import (
    softmax_cross_entropy_with_logits_v2 as softmax_cross_entropy_with_logits_v2,
)
from .cross_entropy import (
    sparse_softmax_cross_entropy_with_logits as sparse_softmax_cross_entropy_with_logits,
)
from .cross_entropy import (
    weighted_cross_entropy_with_logits as weighted_cross_entropy_with_logits,
)
from .depthwise import depthwise_conv2d as depthwise_conv2d
from .depthwise import depthwise_conv2d_native as depthwise_conv2d_native
from .depthwise import (
    depthwise_conv2d_native_backprop_filter as depthwise_conv2d_native_backprop_filter,
)
from .depthwise import (
    depthwise_conv2d_native_backprop_input as depthwise_conv2d_native_backprop_input,
)
from .depthwise import separable_conv2d as separable_conv2d
from .embedding import embedding_lookup as embedding_lookup
from .embedding_sparse import embedding_lookup_sparse as embedding_lookup_sparse
from .embedding_sparse import safe_embedding_lookup_sparse as safe_embedding_lookup_sparse
from .fractional_pooling import fractional_avg_pool as fractional_avg_pool
from .fractional_pooling import fractional_max_pool as fractional_max_pool
from .max_pool_argmax import max_pool_with_argmax as max_pool_with_argmax
from .morphology import dilation2d as dilation2d
from .morphology import erosion2d as erosion2d
from .pool_functions import avg_pool as avg_pool
from .pool_functions import avg_pool1d as avg_pool1d
from .pool_functions import avg_pool3d as avg_pool3d
from .pool_functions import avg_pool_v2 as avg_pool_v2
from .pool_functions import max_pool as max_pool
from .pool_functions import max_pool1d as max_pool1d
from .pool_functions import max_pool2d as max_pool2d
from .pool_functions import max_pool3d as max_pool3d
from .pool_functions import max_pool_v2 as max_pool_v2
from .pool_functions import pool as pool
from .regularize import dropout as dropout
from .regularize import l2_loss as l2_loss
from .regularize import l2_normalize as l2_normalize
from .regularize import local_response_normalization as local_response_normalization
from .regularize import zero_fraction as zero_fraction
from .sampled_loss import nce_loss as nce_loss
from .sampled_loss import sampled_softmax_loss as sampled_softmax_loss
from .softmax import log_softmax as log_softmax
from .softmax import softmax as softmax
from .space_to_batch import with_space_to_batch as with_space_to_batch
from .statistics import (
    batch_norm_with_global_normalization as batch_norm_with_global_normalization,
)
from .statistics import log_poisson_loss as log_poisson_loss
from .statistics import normalize_moments as normalize_moments
from .statistics import sufficient_statistics as sufficient_statistics
from .statistics import weighted_moments as weighted_moments
