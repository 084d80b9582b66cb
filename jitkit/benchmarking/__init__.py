"""Timing kernels: what `jk.benchmark` and `jitkit bench` do."""
