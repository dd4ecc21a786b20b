"""srfast: super-resolution networks from PyTorch to production."""
