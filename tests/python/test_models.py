"""What every network promises, and what SRCNN is."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import cv2
import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from srfast.models import ARCHITECTURES, FSRCNN, SRCNN, VDSR


@pytest.mark.parametrize("name", ARCHITECTURES)
@settings(max_examples=20)
@given(
    scale=st.integers(1, 5),
    channels=st.sampled_from([1, 3]),
    batch=st.integers(1, 2),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
)
def test_every_network_enlarges_exactly(
    name: str, scale: int, channels: int, batch: int, height: int, width: int
) -> None:
    network = ARCHITECTURES[name](scale, channels=channels)
    with torch.inference_mode():
        large = network(torch.rand(batch, channels, height, width))
    assert large.shape == (batch, channels, scale * height, scale * width)
    assert large.dtype == torch.float32


def test_srcnn_has_the_names_and_sizes_of_the_published_weights() -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in SRCNN(3).state_dict().items()}
    assert shapes == {
        "conv1.weight": (64, 3, 9, 9),
        "conv1.bias": (64,),
        "conv2.weight": (32, 64, 1, 1),
        "conv2.bias": (32,),
        "conv3.weight": (3, 32, 5, 5),
        "conv3.bias": (3,),
    }


@pytest.mark.parametrize(
    ("name", "scale", "channels", "parameters"),
    [
        ("edsr", 2, 3, 1_369_859),
        ("edsr", 3, 3, 1_554_499),
        ("edsr", 4, 3, 1_517_571),
        ("espcn", 3, 1, 22_729),
        ("espcn", 3, 3, 31_131),
        ("fast", 3, 3, 21_371),
        ("fsrcnn", 2, 1, 12_809),
        ("fsrcnn", 3, 3, 24_683),
        ("srcnn", 2, 1, 8_129),
        ("srcnn", 2, 3, 20_099),
        ("srvgg", 4, 3, 621_424),
        ("vdsr", 2, 1, 665_921),
        ("vdsr", 4, 3, 668_227),
    ],
)
def test_as_many_parameters_as_the_docstring_says(
    name: str, scale: int, channels: int, parameters: int
) -> None:
    network = ARCHITECTURES[name]
    assert sum(tensor.numel() for tensor in network(scale, channels=channels).parameters()) == parameters
    assert f"{parameters:,}" in (network.__doc__ or "")


def test_as_many_weights_as_the_papers_count() -> None:
    """FSRCNN and VDSR are known by their sizes without biases (and slopes)."""

    def weights(network: torch.nn.Module) -> int:
        return sum(tensor.numel() for tensor in network.parameters() if tensor.ndim == 4)

    assert weights(FSRCNN(3, channels=1)) == 12_464
    assert weights(VDSR(3, channels=1)) == 664_704


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_srcnn_starts_from_the_bicubic_enlargement(scale: int) -> None:
    """With convolutions that hand the image on, the enlargement is left; OpenCV's is the reference."""
    network = SRCNN(scale)
    with torch.no_grad():
        for convolution in (network.conv1, network.conv2, network.conv3):
            convolution.weight.zero_()
            assert convolution.bias is not None
            convolution.bias.zero_()
            centre = convolution.kernel_size[0] // 2
            for channel in range(3):
                convolution.weight[channel, channel, centre, centre] = 1.0
    # Away from 0, where the ReLU would cut the overshoot of the cubic.
    image = np.random.default_rng(0).uniform(1.0, 2.0, (7, 5, 3)).astype(np.float32)
    with torch.inference_mode():
        large = network(torch.from_numpy(image.transpose(2, 0, 1)[None]))[0].numpy().transpose(1, 2, 0)
    expected = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(large, expected, atol=1e-5)
