"""Machine learning: layers with their gradients, optimisers and estimators, in kernels and primitives."""

from jitkit.ml.activations import gelu as gelu
from jitkit.ml.activations import gelu_backward as gelu_backward
from jitkit.ml.activations import relu as relu
from jitkit.ml.activations import relu_backward as relu_backward
from jitkit.ml.cross_entropy import cross_entropy as cross_entropy
from jitkit.ml.cross_entropy import cross_entropy_backward as cross_entropy_backward
from jitkit.ml.dense import dense as dense
from jitkit.ml.dense import dense_backward as dense_backward
from jitkit.ml.kmeans import KMeans as KMeans
from jitkit.ml.layer_norm import layer_norm as layer_norm
from jitkit.ml.layer_norm import layer_norm_backward as layer_norm_backward
from jitkit.ml.logistic import LogisticRegression as LogisticRegression
from jitkit.ml.mlp import MLPClassifier as MLPClassifier
from jitkit.ml.mlp import MLPRegressor as MLPRegressor
from jitkit.ml.optimisers import adam_step as adam_step
from jitkit.ml.optimisers import sgd_step as sgd_step
from jitkit.ml.softmax import log_softmax as log_softmax
from jitkit.ml.softmax import log_softmax_backward as log_softmax_backward
from jitkit.ml.softmax import softmax as softmax
from jitkit.ml.softmax import softmax_backward as softmax_backward

__all__ = [
    "KMeans",
    "LogisticRegression",
    "MLPClassifier",
    "MLPRegressor",
    "adam_step",
    "cross_entropy",
    "cross_entropy_backward",
    "dense",
    "dense_backward",
    "gelu",
    "gelu_backward",
    "layer_norm",
    "layer_norm_backward",
    "log_softmax",
    "log_softmax_backward",
    "relu",
    "relu_backward",
    "sgd_step",
    "softmax",
    "softmax_backward",
]
