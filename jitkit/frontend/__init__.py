"""Python source in, a backend-neutral kernel program out."""
