"""The ways to run a kernel, one file each, and what they share."""
