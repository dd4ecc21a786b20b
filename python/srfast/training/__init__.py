"""Training super-resolution networks on whole photographs. Needs `srfast[train]`."""
