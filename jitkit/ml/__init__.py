"""Machine learning: layers with their gradients, optimisers and estimators, in kernels and primitives."""

from jitkit.ml.activations import gelu as gelu
from jitkit.ml.activations import gelu_backward as gelu_backward
from jitkit.ml.activations import relu as relu
from jitkit.ml.activations import relu_backward as relu_backward
from jitkit.ml.cross_entropy import cross_entropy as cross_entropy
from jitkit.ml.cross_entropy import cross_entropy_backward as cross_entropy_backward
from jitkit.ml.layer_norm import layer_norm as layer_norm
from jitkit.ml.layer_norm import layer_norm_backward as layer_norm_backward
from jitkit.ml.softmax import log_softmax as log_softmax
from jitkit.ml.softmax import log_softmax_backward as log_softmax_backward
from jitkit.ml.softmax import softmax as softmax
from jitkit.ml.softmax import softmax_backward as softmax_backward

__all__ = [
    "cross_entropy",
    "cross_entropy_backward",
    "gelu",
    "gelu_backward",
    "layer_norm",
    "layer_norm_backward",
    "log_softmax",
    "log_softmax_backward",
    "relu",
    "relu_backward",
    "softmax",
    "softmax_backward",
]
