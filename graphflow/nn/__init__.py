"""tf.nn: neural network ops."""

from ..core.ops.array import depth_to_space as depth_to_space
from ..core.ops.array import in_top_k as in_top_k
from ..core.ops.array import space_to_batch as space_to_batch
from ..core.ops.array import space_to_depth as space_to_depth
from ..core.ops.array import top_k as top_k
from ..core.ops.elementwise import sigmoid as sigmoid
from ..core.ops.elementwise import tanh as tanh
from ..core.ops.nn import all_candidate_sampler as all_candidate_sampler
from ..core.ops.nn import atrous_conv2d as atrous_conv2d
from ..core.ops.nn import atrous_conv2d_transpose as atrous_conv2d_transpose
from ..core.ops.nn import avg_pool as avg_pool
from ..core.ops.nn import avg_pool as avg_pool2d  # TF has both names
from ..core.ops.nn import avg_pool1d as avg_pool1d
from ..core.ops.nn import avg_pool3d as avg_pool3d
from ..core.ops.nn import avg_pool_v2 as avg_pool_v2
from ..core.ops.nn import (
    batch_norm_with_global_normalization as batch_norm_with_global_normalization,
)
from ..core.ops.nn import batch_normalization as batch_normalization
from ..core.ops.nn import bias_add as bias_add
from ..core.ops.nn import compute_accidental_hits as compute_accidental_hits
from ..core.ops.nn import conv1d as conv1d
from ..core.ops.nn import conv1d_transpose as conv1d_transpose
from ..core.ops.nn import conv2d as conv2d
from ..core.ops.nn import conv2d_backprop_filter as conv2d_backprop_filter
from ..core.ops.nn import conv2d_backprop_input as conv2d_backprop_input
from ..core.ops.nn import conv2d_transpose as conv2d_transpose
from ..core.ops.nn import conv3d as conv3d
from ..core.ops.nn import conv3d_backprop_filter_v2 as conv3d_backprop_filter
from ..core.ops.nn import conv3d_backprop_filter_v2 as conv3d_backprop_filter_v2
from ..core.ops.nn import conv3d_transpose as conv3d_transpose
from ..core.ops.nn import conv_transpose as conv_transpose
from ..core.ops.nn import convolution as convolution
from ..core.ops.nn import crelu as crelu
from ..core.ops.nn import depthwise_conv2d as depthwise_conv2d
from ..core.ops.nn import depthwise_conv2d_native as depthwise_conv2d_native
from ..core.ops.nn import (
    depthwise_conv2d_native_backprop_filter as depthwise_conv2d_backprop_filter,
)
from ..core.ops.nn import (
    depthwise_conv2d_native_backprop_filter as depthwise_conv2d_native_backprop_filter,
)
from ..core.ops.nn import (
    depthwise_conv2d_native_backprop_input as depthwise_conv2d_backprop_input,
)
from ..core.ops.nn import (
    depthwise_conv2d_native_backprop_input as depthwise_conv2d_native_backprop_input,
)
from ..core.ops.nn import dilation2d as dilation2d
from ..core.ops.nn import dropout as dropout
from ..core.ops.nn import elu as elu
from ..core.ops.nn import embedding_lookup as embedding_lookup
from ..core.ops.nn import embedding_lookup_sparse as embedding_lookup_sparse
from ..core.ops.nn import erosion2d as erosion2d
from ..core.ops.nn import fixed_unigram_candidate_sampler as fixed_unigram_candidate_sampler
from ..core.ops.nn import fractional_avg_pool as fractional_avg_pool
from ..core.ops.nn import fractional_max_pool as fractional_max_pool
from ..core.ops.nn import fused_batch_norm as fused_batch_norm
from ..core.ops.nn import l2_loss as l2_loss
from ..core.ops.nn import l2_normalize as l2_normalize
from ..core.ops.nn import leaky_relu as leaky_relu
from ..core.ops.nn import learned_unigram_candidate_sampler as learned_unigram_candidate_sampler
from ..core.ops.nn import local_response_normalization as local_response_normalization
from ..core.ops.nn import local_response_normalization as lrn  # TF has both names
from ..core.ops.nn import log_poisson_loss as log_poisson_loss
from ..core.ops.nn import log_softmax as log_softmax
from ..core.ops.nn import log_uniform_candidate_sampler as log_uniform_candidate_sampler
from ..core.ops.nn import max_pool as max_pool
from ..core.ops.nn import max_pool1d as max_pool1d
from ..core.ops.nn import max_pool2d as max_pool2d
from ..core.ops.nn import max_pool3d as max_pool3d
from ..core.ops.nn import max_pool_v2 as max_pool_v2
from ..core.ops.nn import max_pool_with_argmax as max_pool_with_argmax
from ..core.ops.nn import moments as moments
from ..core.ops.nn import nce_loss as nce_loss
from ..core.ops.nn import normalize_moments as normalize_moments
from ..core.ops.nn import pool as pool
from ..core.ops.nn import relu as relu
from ..core.ops.nn import relu6 as relu6
from ..core.ops.nn import relu_layer as relu_layer
from ..core.ops.nn import safe_embedding_lookup_sparse as safe_embedding_lookup_sparse
from ..core.ops.nn import sampled_softmax_loss as sampled_softmax_loss
from ..core.ops.nn import selu as selu
from ..core.ops.nn import separable_conv2d as separable_conv2d
from ..core.ops.nn import (
    sigmoid_cross_entropy_with_logits as sigmoid_cross_entropy_with_logits,
)
from ..core.ops.nn import softmax as softmax
from ..core.ops.nn import (
    softmax_cross_entropy_with_logits as softmax_cross_entropy_with_logits,
)
from ..core.ops.nn import (
    softmax_cross_entropy_with_logits_v2 as softmax_cross_entropy_with_logits_v2,
)
from ..core.ops.nn import softplus as softplus
from ..core.ops.nn import softsign as softsign
from ..core.ops.nn import (
    sparse_softmax_cross_entropy_with_logits as sparse_softmax_cross_entropy_with_logits,
)
from ..core.ops.nn import sufficient_statistics as sufficient_statistics
from ..core.ops.nn import swish as swish
from ..core.ops.nn import uniform_candidate_sampler as uniform_candidate_sampler
from ..core.ops.nn import (
    weighted_cross_entropy_with_logits as weighted_cross_entropy_with_logits,
)
from ..core.ops.nn import weighted_moments as weighted_moments
from ..core.ops.nn import with_space_to_batch as with_space_to_batch
from ..core.ops.nn import xw_plus_b as xw_plus_b
from ..core.ops.nn import zero_fraction as zero_fraction
from . import rnn_cell as rnn_cell
from .recurrent import bidirectional_dynamic_rnn as bidirectional_dynamic_rnn
from .recurrent import dynamic_rnn as dynamic_rnn
from .recurrent import raw_rnn as raw_rnn
from .recurrent import static_bidirectional_rnn as static_bidirectional_rnn
from .recurrent import static_rnn as static_rnn
from .recurrent import static_state_saving_rnn as static_state_saving_rnn
