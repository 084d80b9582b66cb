"""Ordinary and stochastic differential equations: ensembles of trajectories, one to each point of a launch."""
