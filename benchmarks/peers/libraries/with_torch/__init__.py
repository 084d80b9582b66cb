"""PyTorch on the CPU, without its compiler."""

from __future__ import annotations

import os

import torch

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
torch.set_grad_enabled(False)

from . import kernels, primitives, toolkit  # noqa: E402 (threads are set before anything runs)

PEERS = kernels.PEERS | primitives.PEERS | toolkit.PEERS
