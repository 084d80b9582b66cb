"""Small kernels with one bug each, and for each a twin without it that looks alike.

The line of a bug carries the comment ``# BUG``; a race has two lines, and both carry it.
"""
