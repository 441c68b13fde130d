"""Rows for convolution, pooling, activations, softmax, losses and normalisation."""

from __future__ import annotations

import numpy as np

from . import OpCase, floats, raw

_NONE = np.zeros(0, np.float32)
_IMAGES = floats(2, 7, 6, 3)
_FILTERS = floats(3, 2, 3, 4)
_DISTINCT = np.random.default_rng(3).permutation(2 * 7 * 6 * 3).reshape(2, 7, 6, 3) * 0.025
_DISTINCT = _DISTINCT.astype(np.float32)


def _conv(label, grad=True, **options):
    return OpCase(
        ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"),
        lambda tf, x, w: tf.nn.conv2d(x, w, **options),
        [_IMAGES, _FILTERS],
        label=label,
        grad=grad,
    )


def _activation(op, build, **options):
    return OpCase((op, f"{op}Grad"), build, [floats(3, 5)], **options)


_LABELS = np.float32([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], [0, 0, 1, 0]])

_SAMPLERS = (
    "All",
    "FixedUnigram",
    "LearnedUnigram",
    "LogUniform",
    "ThreadUnsafeUnigram",
    "Uniform",
)
TESTED_ELSEWHERE = {
    **{
        f"{sampler}CandidateSampler": "tests/core/ops/nn/test_candidate_sampling.py"
        for sampler in _SAMPLERS
    },
    "MaxPoolGradGradWithArgmax": "tests/core/ops/nn/test_pooling.py",  # TF's CPU has no kernel
}

CASES = [
    _conv("same", strides=[1, 1, 1, 1], padding="SAME"),
    _conv("valid, strides", strides=[1, 2, 1, 1], padding="VALID"),
    # TensorFlow's CPU kernels have no dilated gradients.
    _conv("dilated", grad=False, strides=[1, 1, 1, 1], padding="VALID", dilations=[1, 2, 2, 1]),
    _conv("same, strides 2", strides=[1, 2, 2, 1], padding="SAME"),
    _conv("explicit", strides=[1, 1, 1, 1], padding=[[0, 0], [1, 2], [0, 1], [0, 0]]),
    OpCase(
        ("Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"),
        lambda tf, x, w: tf.nn.conv3d(x, w, [1, 1, 2, 1, 1], "SAME"),
        [floats(1, 3, 4, 5, 2), floats(2, 3, 2, 2, 3)],
    ),
    OpCase(
        ("Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"),
        lambda tf, x, w: tf.nn.conv3d(x, w, [1, 2, 1, 1, 1], "VALID"),
        [floats(2, 4, 5, 3, 2), floats(2, 1, 3, 2, 3)],
        label="valid",
    ),
    OpCase(
        (
            "DepthwiseConv2dNative",
            "DepthwiseConv2dNativeBackpropInput",
            "DepthwiseConv2dNativeBackpropFilter",
        ),
        lambda tf, x, w: tf.nn.depthwise_conv2d(x, w, [1, 2, 2, 1], "SAME"),
        [_IMAGES, floats(3, 2, 3, 2)],
        graph_differs="TF adds constants for a dilation that is not asked for",
    ),
    OpCase(
        ("FusedBatchNormV3", "FusedBatchNormGradV3"),
        lambda tf, x, s, b: tf.nn.fused_batch_norm(x, s, b)[0],
        [_IMAGES, floats(3, low=0.5, high=2.0), floats(3)],
        numeric=False,  # the op has no float64
        grad_rtol=2e-3,
    ),
    OpCase(
        ("FusedBatchNormV3", "FusedBatchNormGradV3"),
        lambda tf, x, s, b, m, v: tf.nn.fused_batch_norm(x, s, b, m, v, is_training=False)[0],
        [_IMAGES, floats(3, low=0.5), floats(3), floats(3), floats(3, low=0.5)],
        numeric=False,
        grad_rtol=2e-3,
        label="inference",
    ),
    OpCase(
        ("FusedBatchNorm", "FusedBatchNormGrad"),
        lambda tf, x, s, b: raw(
            tf, "FusedBatchNorm", x=x, scale=s, offset=b, mean=_NONE, variance=_NONE
        )[0],
        [_IMAGES, floats(3, low=0.5, high=2.0), floats(3)],
        numeric=False,
        grad_rtol=2e-3,
    ),
    OpCase(
        ("FusedBatchNormV2", "FusedBatchNormGradV2"),
        lambda tf, x, s, b: raw(
            tf, "FusedBatchNormV2", x=x, scale=s, offset=b, mean=_NONE, variance=_NONE
        )[0],
        [_IMAGES, floats(3, low=0.5, high=2.0), floats(3)],
        numeric=False,
        grad_rtol=2e-3,
    ),
    OpCase(
        "Rsqrt",
        lambda tf, x, b: tf.nn.batch_normalization(x, *tf.nn.moments(x, [0, 1, 2]), b, None, 0.01),
        [_IMAGES, floats(3)],
        grad_rtol=2e-3,
        numeric=False,  # moments stop the gradient of the mean, which second gradients show
        label="batch normalization",
    ),
    OpCase(
        "Conv2DBackpropInput",
        lambda tf, x, w: tf.nn.conv2d_transpose(x, w, [2, 14, 12, 4], [1, 2, 2, 1]),
        [_IMAGES, floats(3, 3, 4, 3)],
        graph_differs="TF 2.21 calls the sizes input_sizes; 1.14 calls them output_shape",
    ),
    OpCase(
        ("MaxPool", "MaxPoolGrad", "MaxPoolGradGrad"),
        lambda tf, x: tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
        [_DISTINCT],
    ),
    OpCase(
        "MaxPool",
        lambda tf, x: tf.nn.max_pool(x, [1, 3, 2, 1], [1, 1, 2, 1], "VALID"),
        [_DISTINCT],
        label="overlapping",
    ),
    OpCase(
        "MaxPool",
        lambda tf, x: tf.nn.pool(x, [2, 3], "MAX", "SAME", strides=[2, 1]),
        [_DISTINCT],
        label="pool",
    ),
    OpCase(
        "MaxPool",
        lambda tf, x: tf.nn.pool(x, [2, 3], "MAX", "VALID", dilation_rate=[2, 1]),
        [_DISTINCT],
        label="dilated",
        graph_differs="TF computes the paddings of known shapes while it builds",
    ),
    OpCase(
        "AvgPool",
        lambda tf, x: tf.nn.avg_pool1d(x, 3, 2, "SAME"),
        [floats(2, 7, 3)],
        label="one dimension",
    ),
    OpCase(
        "Conv2D",
        lambda tf, x, w: tf.nn.convolution(x, w, "VALID", strides=[2, 1]),
        [_IMAGES, _FILTERS],
        label="convolution",
        unknown_dims=False,  # the rank decides which op it is
    ),
    OpCase(
        ("AvgPool", "AvgPoolGrad"),
        lambda tf, x: tf.nn.avg_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME"),
        [_IMAGES],
    ),
    OpCase(
        ("MaxPool3D", "MaxPool3DGrad", "MaxPool3DGradGrad"),
        lambda tf, x: tf.nn.max_pool3d(x, [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "SAME"),
        [_DISTINCT.reshape(1, 4, 3, 7, 3)],
        numeric=False,  # the op has no float64
        unknown_dims=True,
    ),
    OpCase(
        ("AvgPool3D", "AvgPool3DGrad"),
        lambda tf, x: tf.nn.avg_pool3d(x, [1, 2, 2, 2, 1], [1, 2, 1, 2, 1], "VALID"),
        [floats(1, 4, 3, 7, 3)],
    ),
    OpCase(
        ("MaxPool3D", "MaxPool3DGrad", "MaxPool3DGradGrad"),
        lambda tf, x: tf.nn.max_pool3d(x, [1, 3, 2, 3, 1], [1, 1, 2, 2, 1], "VALID"),
        [_DISTINCT.reshape(1, 4, 3, 7, 3)],
        label="windows that overlap",
        numeric=False,  # the op has no float64
    ),
    OpCase(
        ("AvgPool3D", "AvgPool3DGrad"),
        lambda tf, x: tf.nn.avg_pool3d(x, [1, 3, 2, 3, 1], [1, 2, 1, 2, 1], "SAME"),
        [floats(1, 4, 3, 7, 3)],
        label="windows that overlap",
    ),
    OpCase(
        ("MaxPoolWithArgmax", "MaxPoolGradWithArgmax"),
        lambda tf, x: tf.nn.max_pool_with_argmax(x, [1, 2, 2, 1], [1, 1, 2, 1], "SAME"),
        [_DISTINCT],
        second_order=False,  # TF has none
    ),
    OpCase(
        "ComputeAccidentalHits",
        lambda tf, true, sampled: tf.nn.compute_accidental_hits(true, sampled, 2),
        [np.int64([[4, 1], [7, 4], [0, 3]]), np.int64([4, 2, 1, 4])],
        grad=False,
    ),
    OpCase(
        ("Dilation2D", "Dilation2DBackpropInput", "Dilation2DBackpropFilter"),
        lambda tf, x, w: tf.nn.dilation2d(x, w, [1, 2, 1, 1], [1, 1, 2, 1], "SAME"),
        [_IMAGES, floats(2, 3, 3)],
        second_order=False,  # TF has none
    ),
    OpCase(
        "Dilation2D",
        lambda tf, x, w: tf.nn.erosion2d(x, w, [1, 1, 1, 1], [1, 2, 1, 1], "VALID"),
        [_IMAGES, floats(3, 2, 3)],
        second_order=False,
        label="erosion",
    ),
    *(
        OpCase(
            (f"Fractional{kind.title()}Pool", f"Fractional{kind.title()}PoolGrad"),
            lambda tf, x, kind=kind, options=options: list(
                getattr(tf.nn, f"fractional_{kind}_pool")(
                    x, [1, 1.6, 1.4, 1], deterministic=True, seed=3, seed2=5, **options
                )
            ),
            [_DISTINCT],
            second_order=False,  # TF has none
            shape_differs="TF's rule says that sequences are one shorter than they are",
            label=", ".join(options),
        )
        for kind in ("max", "avg")
        for options in ({}, {"overlapping": True}, {"pseudo_random": True})
    ),
    OpCase(("BiasAdd", "BiasAddGrad"), lambda tf, x, b: tf.nn.bias_add(x, b), [_IMAGES, floats(3)]),
    _activation("Relu", lambda tf, x: tf.nn.relu(x)),
    _activation("Relu6", lambda tf, x: tf.nn.relu6(x * 4)),
    _activation("LeakyRelu", lambda tf, x: tf.nn.leaky_relu(x, 0.3)),
    _activation("Elu", lambda tf, x: tf.nn.elu(x)),
    _activation("Selu", lambda tf, x: tf.nn.selu(x)),
    _activation("Softplus", lambda tf, x: tf.nn.softplus(x)),
    _activation("Softsign", lambda tf, x: tf.nn.softsign(x), second_order=False),
    OpCase("Softmax", lambda tf, x: tf.nn.softmax(x), [floats(3, 5)]),
    OpCase("LogSoftmax", lambda tf, x: tf.nn.log_softmax(x), [floats(2, 3, 5)]),
    OpCase(
        "SoftmaxCrossEntropyWithLogits",
        lambda tf, x: tf.nn.softmax_cross_entropy_with_logits_v2(labels=_LABELS, logits=x),
        [floats(3, 4)],
        graph_differs="TF 2.21 names the nodes of its own version of the function",
    ),
    OpCase(
        "SparseSoftmaxCrossEntropyWithLogits",
        lambda tf, x: tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=np.int64([1, 0, 3]), logits=x
        ),
        [floats(3, 4)],
        graph_differs="TF 2.21 checks the static shapes in nodes",
    ),
    OpCase(
        "Log1p",
        lambda tf, z, x: tf.nn.sigmoid_cross_entropy_with_logits(labels=z, logits=x),
        [floats(3, 4), floats(3, 4)],
        label="sigmoid cross entropy",
    ),
    OpCase("L2Loss", lambda tf, x: tf.nn.l2_loss(x), [floats(3, 4)]),
    OpCase(
        ("LRN", "LRNGrad"),
        lambda tf, x: tf.nn.local_response_normalization(x, 2, 1.0, 0.5, 0.75),
        [floats(1, 2, 3, 8)],
        second_order=False,
        numeric=False,  # the op has no float64
    ),
]
