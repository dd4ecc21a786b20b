"""Rewrites of ONNX graphs, one a module. None of them changes the model that it is given."""
