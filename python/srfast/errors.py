"""Every error that srfast raises on purpose. All are under `Error`; each message says what to do."""

from __future__ import annotations


class Error(Exception):
    """Base class of everything that srfast raises on purpose."""


class OptionError(Error, ValueError):
    """An option has a value that cannot be used."""


class ImageError(Error, ValueError):
    """An array or an image file cannot be used as an image."""


class ModelError(Error, ValueError):
    """A model file is missing, damaged, or not a network that srfast can run."""


class CheckpointError(Error, ValueError):
    """A file of weights is missing, damaged, unsafe to open, or of an unknown layout."""


class ExportError(Error):
    """A network could not be exported, or its export did not prove right."""


class QuantizationError(Error):
    """A network could not be quantised, or what came out lost too much or gained no speed."""


class ProviderError(Error):
    """An execution provider was asked for that cannot be had."""


class OnnxRuntimeError(Error):
    """The ONNX Runtime library is missing, too old, installed twice, or cannot be loaded."""


class RunError(Error):
    """ONNX Runtime failed while it ran the network."""


class MemoryLimitError(Error, MemoryError):
    """The memory limit is too small for the smallest piece of work."""


class CancelledError(Error):
    """The run was ended by `Upscaler.cancel`."""


class DependencyError(Error, ImportError):
    """A package that this function needs is not installed or cannot be imported."""
