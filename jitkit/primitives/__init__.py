"""Parallel algorithms that take the user's functions: one file for each, every one on all backends from one source."""
