"""Who can be measured beside srfast: one library a module, each opened in a process of its own.

A module here has one function, `open_model(job)`, which gives what runs an image, and the library's version.
It raises ImportError where the library is missing and NotImplementedError where it cannot run such a network.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

MMDEPLOY_PYTHON = "SRFAST_MMDEPLOY_PYTHON"
"""The environment variable that names the interpreter of MMDeploy's own environment."""


@dataclasses.dataclass(frozen=True)
class Peer:
    """One way to run the network.

    Attributes:
        name: What it is called.
        what: What it is, for people.
        module: The module in this folder.
        how_to_get: What to do where it is missing.
        variant: Which of the module's ways.
        lossy: Whether it computes with less than 32-bit floats.
        any_size: Whether it runs a file of one fixed size at others.
        from_weights: Whether it needs the weights instead of the file.
        python: The environment variable that names its interpreter; "" for srfast's own.
    """

    name: str
    what: str
    module: str
    how_to_get: str
    variant: str = ""
    lossy: bool = False
    any_size: bool = False
    from_weights: bool = False
    python: str = ""

    @property
    def file(self) -> Path:
        """Where its module is."""
        return Path(__file__).with_name(f"{self.module}.py")


OURS = Peer("srfast", "srfast.Upscaler", "ours", "pip install srfast", any_size=True)

PEERS = {
    peer.name: peer
    for peer in (
        Peer("ort", "onnxruntime in Python, NumPy conversions", "ort", "pip install onnxruntime"),
        Peer(
            "torch",
            "PyTorch eager, NumPy conversions",
            "torch",
            "give the network's weights (--weights), and pip install 'srfast[export]'",
            any_size=True,
            from_weights=True,
        ),
        Peer("openvino", "OpenVINO f32, NumPy conversions", "openvino", "pip install openvino"),
        Peer(
            "openvino-bf16",
            "OpenVINO bf16, NumPy conversions",
            "openvino",
            "pip install openvino",
            variant="bf16",
            lossy=True,
        ),
        Peer("opencv", "OpenCV's dnn module", "opencv", "pip install opencv-python"),
        Peer("ncnn", "ncnn fp32, NumPy conversions", "ncnn", "pip install ncnn pnnx"),
        Peer(
            "mmdeploy",
            "MMDeploy's SDK",
            "mmdeploy",
            "make an environment with Python 3.11 or older, pip install mmdeploy-runtime==1.3.1 'numpy<2' "
            f"there, and name its python in the environment variable {MMDEPLOY_PYTHON}",
            python=MMDEPLOY_PYTHON,
        ),
    )
}
"""All others by name, in the order of the report."""
