"""What happens between ``kernel[space](*args)`` and a backend: the space, the arguments, the choice of backend."""
