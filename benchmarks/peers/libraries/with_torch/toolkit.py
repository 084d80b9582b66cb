"""Operations of the toolkit in PyTorch."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import torch
from torch.nn import functional

from benchmarks.peers.rows import ml
from jitkit.cases.ml_optimisers import RATE
from jitkit.cases.stats_quantile import SHARES

from .._kept import kept
from ._tensors import keeping, tensors

warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")


def matmul(a: Any, b: Any, bias: Any, c: Any) -> Any:
    """Return a call with the bias in the same routine where there is one, for a single product."""
    ta, tb, tbias = tensors(a, b, bias)
    if ta.ndim == 2:
        return kept(lambda: torch.addmm(tbias, ta, tb).relu_(), c)
    return kept(lambda: torch.baddbmm(tbias, ta, tb).relu_(), c)


def gemv(a: Any, x: Any, y: Any, out: Any) -> Any:
    """Return a call of the routine of BLAS."""
    ta, tx, ty, to = tensors(a, x, y, out)
    return lambda: torch.addmv(ty, ta, tx, beta=2.0, alpha=0.5, out=to)


def solve_triangular(a: Any, b: Any) -> Any:
    """Solve one system."""
    return torch.linalg.solve_triangular(a, b[:, None], upper=False)[:, 0]


def cho_solve(a: Any, b: Any) -> Any:
    """Solve many systems."""
    return torch.cholesky_solve(b[..., None], torch.linalg.cholesky(a))[..., 0]


def sparse(data: Any, indices: Any, indptr: Any, b: Any, out: Any) -> Any:
    """Return a call of the product of a sparse matrix, made beforehand."""
    matrix = torch.sparse_csr_tensor(*tensors(indptr, indices, data), size=(len(b), len(b)))
    (tb,) = tensors(b)
    return kept(lambda: matrix @ tb, out)


def quantile(x: Any, quantiles: Any) -> Any:
    """Return a call that sorts: PyTorch's quantile refuses more than 16 million, and takes this many."""
    (tx,) = tensors(x)
    shares = torch.tensor(SHARES, dtype=tx.dtype)
    return kept(lambda: torch.quantile(tx, shares), quantiles)


def spectra(x: Any, spectra: Any) -> Any:
    """Return a call that transforms rows."""
    given = torch.view_as_complex(tensors(x)[0])
    return kept(lambda: torch.view_as_real(torch.fft.fft(given)), spectra)


def convolve(image: Any, taps: Any, out: Any) -> Any:
    """Return a call of the convolution of networks, which is a correlation."""
    given, flipped = tensors(image)[0][None, None], tensors(taps[::-1, ::-1].copy())[0][None, None]
    return kept(lambda: functional.conv2d(given, flipped, padding="same")[0, 0], out)


def layer_norm(x: Any, weight: Any, bias: Any, out: Any) -> Any:
    """Return a call."""
    tx, tw, tb = tensors(x, weight, bias)
    return kept(lambda: functional.layer_norm(tx, tw.shape, tw, tb), out)


def layer_norm_backward(grad: Any, x: Any, weight: Any, *places: Any) -> Any:
    """Return a call of the backward pass, with mean and scale of the rows from the forward one."""
    tg, tx, tw = tensors(grad, x, weight)
    _, mean, scale = torch.native_layer_norm(tx, tw.shape, tw, None, 1e-5)

    def run() -> Any:
        return torch.ops.aten.native_layer_norm_backward(tg, tx, tw.shape, mean, scale, tw, tw, [True, True, True])

    return kept(run, *places)


def cross_entropy_backward(x: Any, labels: Any) -> Any:
    """Return softmax less one at the right class: what the backward passes of PyTorch compute, one after the other."""
    share = torch.softmax(x, -1)
    share[torch.arange(len(x)), labels] -= 1
    return share


def adam(p: Any, grad: Any, mean: Any, square: Any) -> Any:
    """Return a call of the fused step, third of its kind."""
    state = [[tensor] for tensor in tensors(p, grad, mean, square)]

    settings = {"beta1": 0.9, "beta2": 0.999, "weight_decay": 0.1, "eps": 1e-8, "amsgrad": False, "maximize": False}
    third = torch.tensor(3.0)

    def step() -> None:
        torch._fused_adam_(*state, [], [third], lr=RATE, **settings)

    return step


def training(X: Any, y: Any, predicted: Any) -> Any:
    """Return a call that trains a perceptron on."""
    tx, ty = tensors(X, y)
    layers: list[Any] = []
    start = [torch.from_numpy(a) for a in ml.weights(X.dtype)]
    for weight, bias in zip(start[::2], start[1::2], strict=True):
        layer = torch.nn.Linear(*weight.shape, dtype=tx.dtype)
        layer.weight.copy_(weight.T)
        layer.bias.copy_(bias)
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimiser = torch.optim.Adam(model.parameters(), lr=ml.RATE, fused=True)
    steps = itertools.count(1)

    def train() -> None:
        with torch.enable_grad():
            for seen, truth in zip(tx.split(ml.BATCH), ty.split(ml.BATCH), strict=True):
                # scikit-learn and jitkit add the 1e-8 before the correction of the bias, PyTorch behind it.
                optimiser.param_groups[0]["eps"] = 1e-8 / (1 - 0.999 ** next(steps)) ** 0.5
                optimiser.zero_grad()
                functional.cross_entropy(model(seen), truth).backward()
                optimiser.step()

    def finish() -> None:
        predicted[...] = torch.softmax(model(tx), 1).numpy()

    return train, finish


PEERS = {
    "linalg_matmul": matmul,
    "linalg_gemv": gemv,
    "linalg_solve": keeping(torch.linalg.solve, 2),
    "linalg_solve_triangular": keeping(solve_triangular, 2),
    "linalg_cholesky": keeping(cho_solve, 2),
    "linalg_inv": keeping(torch.linalg.inv, 1),
    "linalg_det": keeping(torch.linalg.det, 1),
    "linalg_qr": keeping(lambda a: torch.linalg.qr(a).R.abs(), 1),
    "linalg_lstsq": keeping(lambda a, b: torch.linalg.lstsq(a, b, driver="gels").solution, 2),
    "linalg_eigh": keeping(lambda a: torch.linalg.eigh(a).eigenvalues, 1),
    "sparse_matvec": sparse,
    "sparse_matmul": sparse,
    "stats_var": keeping(lambda x: x.var(correction=0), 1),
    "stats_median": keeping(lambda x: torch.quantile(x, 0.5), 1),
    "stats_quantile": quantile,
    "stats_covariance": keeping(torch.cov, 1),
    "spatial_cdist": keeping(torch.cdist, 2),
    "signal_fft": spectra,
    "signal_rfft": keeping(lambda x: torch.view_as_real(torch.fft.rfft(x)), 1),
    "signal_convolve": convolve,
    "ml_softmax": keeping(lambda x: torch.softmax(x, -1), 1),
    "ml_log_softmax": keeping(lambda x: torch.log_softmax(x, -1), 1),
    "ml_layer_norm": layer_norm,
    "ml_layer_norm_backward": layer_norm_backward,
    "ml_activations": keeping(lambda x: functional.gelu(x, approximate="tanh"), 1),
    "ml_cross_entropy": keeping(cross_entropy_backward, 2),
    "ml_dense": keeping(lambda x, weight, bias: torch.addmm(bias, x, weight).relu_(), 3),
    "ml_optimisers": adam,
    "ml_training": training,
}
