"""C and C++ programs, and ctypes, on the library that comes inside the package."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import ends_files
import srfast
from onnxruntime_release import RELEASE
from srfast import runtime_library, zoo

CONSUMER = Path(__file__).parents[1] / "consumer"
LIBRARY = Path(srfast.get_cmake_dir()).parents[1] / "libsrfast.so.0"
IMAGE = np.random.default_rng(3).integers(0, 256, (20, 31, 4), np.uint8)
IMAGE[5:15, 5:15, 3] = 0


def environment() -> dict[str, str]:
    return os.environ | {"SRFAST_ONNXRUNTIME": str(runtime_library.find())}


def run(program: Path, model: Path | str, channels: int) -> subprocess.CompletedProcess[bytes]:
    words = [str(program), str(model), "20", "31", str(channels)]
    data = IMAGE[:, :, :channels].tobytes()
    return subprocess.run(words, input=data, capture_output=True, check=False, env=environment())


def call(*words: str | Path, **variables: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=os.environ | variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cmake(build: Path, where: str, source: Path = CONSUMER / "find_package") -> Path:
    if shutil.which("cmake") is None:
        pytest.skip("needs cmake")
    call("cmake", "-S", source, "-B", build, where)
    call("cmake", "--build", build)
    return build


def pkg_config(build: Path, folder: Path, *options: str) -> Path:
    if shutil.which("pkg-config") is None:
        pytest.skip("needs pkg-config")
    flags = call("pkg-config", "--cflags", "--libs", *options, "srfast", PKG_CONFIG_PATH=str(folder)).split()
    call("c++", "-std=c++17", CONSUMER / "upscale.cpp", "-o", build / "upscale_cpp", *flags)
    call("cc", "-std=c11", "-c", CONSUMER / "upscale.c", "-o", build / "upscale.o", *flags[:1])
    call("c++", build / "upscale.o", "-o", build / "upscale_c", *flags)
    return build


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs built with `find_package(srfast)`, given nothing but `get_cmake_dir()`."""
    return cmake(tmp_path_factory.mktemp("consumer"), f"-Dsrfast_DIR={srfast.get_cmake_dir()}")


def require_pixels_of_python(program: Path, channels: int = 3) -> None:
    plain = zoo.path("fast-x3")
    for model in (plain, zoo.optimized(plain)):
        done = run(program, model, channels)
        assert done.returncode == 0, done.stderr
        expected = srfast.Upscaler(model, optimize=model != plain).run(IMAGE[:, :, :channels])
        assert done.stdout == expected.tobytes()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["upscale_c", "upscale_cpp"])
def test_programs_give_the_pixels_that_python_gives(programs: Path, name: str, channels: int) -> None:
    require_pixels_of_python(programs / name, channels)


@pytest.mark.parametrize("name", ["upscale_c", "upscale_cpp"])
@pytest.mark.parametrize("way", ["package", "static library"])
def test_pkg_config(way: str, name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if way == "package":
        build = pkg_config(tmp_path, LIBRARY.parent / "pkgconfig")
    else:
        build = pkg_config(tmp_path, request.getfixturevalue("prefix") / "lib" / "pkgconfig", "--static")
    require_pixels_of_python(build / name)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
def test_a_program_loses_no_memory(programs: Path, tmp_path: Path) -> None:
    """From opening to closing, as Valgrind sees it; no wrong access to memory either."""
    log = tmp_path / "valgrind.txt"
    words = [
        "valgrind",
        "--leak-check=full",
        f"--log-file={log}",
        programs / "upscale_c",
        zoo.path("fast-x2"),
    ]
    done = subprocess.run(
        [*words, "8", "8", "3"],
        input=IMAGE[:8, :8, :3].tobytes(),
        capture_output=True,
        check=False,
        env=environment(),
    )
    assert (done.returncode, len(done.stdout)) == (0, 16 * 16 * 3), done.stderr
    said = log.read_text()
    if RELEASE >= (1, 24):  # 1.19 itself loses 32 bytes
        for kind in ("definitely", "indirectly", "possibly"):
            assert f"{kind} lost: 0 bytes" in said, said
    # What it finds in the C library's loader and inside ONNX Runtime is not srfast's.
    for stack in re.findall(r" at (0x.*(?:\n.* by 0x.*)*)", said):
        innermost = next(frame for frame in stack.splitlines() if "vgpreload" not in frame)
        assert re.search(r"/libsrfast\.so|/upscale_c\)", innermost) is None, stack


def test_the_static_library_by_cmake(prefix: Path, tmp_path: Path) -> None:
    build = cmake(tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}")
    for name in ("upscale_c", "upscale_cpp"):
        require_pixels_of_python(build / name)
        assert "libsrfast" not in call("readelf", "--dynamic", build / name)


def test_paths_are_utf_8(programs: Path, tmp_path: Path) -> None:
    model = tmp_path / "mod\u00e8le \U0001f600.onnx"
    shutil.copy(zoo.path("fast-x3"), model)
    assert run(programs / "upscale_cpp", model, 3).returncode == 0
    done = run(programs / "upscale_c", model.with_stem("nul\u0142"), 3)
    assert "nul\u0142.onnx" in done.stderr.decode("utf-8")


def test_the_documents_program(tmp_path: Path) -> None:
    page = (CONSUMER.parents[1] / "docs" / "embedding.md").read_text("utf-8")
    for language, name in (("cpp", "enlarge.cpp"), ("cmake", "CMakeLists.txt")):
        block = re.search(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        assert block is not None
        (tmp_path / name).write_text(block[1])
    build = cmake(tmp_path / "build", f"-Dsrfast_DIR={srfast.get_cmake_dir()}", source=tmp_path)
    image = np.ascontiguousarray(IMAGE[:, :, :3])
    Image.fromarray(image).save(tmp_path / "photo.ppm")
    model = str(zoo.optimized(zoo.path("fast-x3")))
    call(build / "enlarge", model, tmp_path / "photo.ppm", tmp_path / "large.ppm", **environment())
    large = np.asarray(Image.open(tmp_path / "large.ppm"))
    np.testing.assert_array_equal(large, srfast.Upscaler(model, color="rgb").run(image))


def test_a_program_that_builds_srfast_as_a_part_of_itself(prefix: Path) -> None:
    require_pixels_of_python(prefix / "bin" / "guest_cpp")


def test_programs_do_what_a_network_leaves_to_srfast(programs: Path, tmp_path: Path) -> None:
    model = tmp_path / "net.srfast.onnx"
    pixels = []
    for inside in (False, True):
        model.write_bytes(ends_files.network(2, inside=inside, residual="linear"))
        done = run(programs / "upscale_c", model, 3)
        assert done.returncode == 0, done.stderr
        pixels.append(np.frombuffer(done.stdout, np.uint8).reshape(40, 62, 3))
    np.testing.assert_allclose(pixels[0], pixels[1].astype(float), atol=1)
    np.testing.assert_array_equal(pixels[1], srfast.Upscaler(model, optimize=False).run(IMAGE[:, :, :3]))


@pytest.mark.parametrize("name", ["upscale_c", "upscale_cpp"])
def test_programs_get_a_status_and_a_message(programs: Path, name: str) -> None:
    done = run(programs / name, "/nonexistent/net.onnx", 3)
    assert (done.returncode, done.stderr[:2]) == (3, b"3 ")
    assert b"/nonexistent/net.onnx" in done.stderr


def test_the_library_exports_its_c_interface_alone() -> None:
    words = ["nm", "-D", "--defined-only", str(LIBRARY)]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    exported = {line.split()[2].partition("@")[0] for line in lines} - {"SRFAST_0"}
    assert "srfast_run" in exported
    assert all(name.startswith("srfast_") for name in exported), exported


def test_ctypes_can_use_it() -> None:
    code = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
library.srfast_version.restype = library.srfast_error_message.restype = ctypes.c_char_p
error, upscaler = ctypes.c_void_p(), ctypes.c_void_p()
opened = library.srfast_open(sys.argv[2].encode(), None, ctypes.byref(upscaler), ctypes.byref(error))
if opened:
    print(opened, library.srfast_error_message(error).decode())
    library.srfast_error_free(error)
else:
    library.srfast_close(upscaler)
    print(library.srfast_version().decode())
"""

    def ctypes_opens(model: str) -> str:
        words = [sys.executable, "-c", code, str(LIBRARY), model]
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment())
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert ctypes_opens(str(zoo.path("fast-x3"))) == srfast.__version__
    assert ctypes_opens("no-such-model").startswith("3 there is no file")


def test_structures_of_other_versions() -> None:
    class Options(ctypes.Structure):
        _fields_ = (("struct_size", ctypes.c_size_t), ("members", ctypes.c_ubyte * 200))

    library = ctypes.CDLL(str(LIBRARY))
    library.srfast_error_message.restype = ctypes.c_char_p

    def message(options: Options) -> str:
        error, upscaler = ctypes.c_void_p(), ctypes.c_void_p()
        status = library.srfast_open(
            b"no-such-model", ctypes.byref(options), ctypes.byref(upscaler), ctypes.byref(error)
        )
        assert status != 0
        text: str = library.srfast_error_message(error).decode()
        library.srfast_error_free(error)
        return text

    assert "struct_size is 0" in message(Options(0))
    newer = Options(ctypes.sizeof(Options))
    newer.members[-1] = 1
    assert "update srfast" in message(newer)
