"""Benchmarks for airspeed velocity: one file for each case, named like it, and one for each cost that cases share."""
