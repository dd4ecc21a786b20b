# Finds ONNX Runtime's headers. The library itself is never linked: it is found and loaded at run time
# (csrc/runtime/library.cpp), so one build serves every release from 1.19 on.
#
#   ONNXRUNTIME_ROOT   variable or environment variable: an unpacked release or an installed prefix; nothing is fetched.
#   CMAKE_PREFIX_PATH  searched as usual (Debian's libonnxruntime-dev, conda, vcpkg).
#
# If neither has them, the headers come out of a pinned, hash-checked wheel, fetched with pip, which honours the
# user's mirrors and proxies.
#
# Defines: ONNXRuntime_FOUND, ONNXRuntime_INCLUDE_DIR, target ONNXRuntime::headers.

set(_ort_suffixes include include/onnxruntime include/onnxruntime/core/session onnxruntime onnxruntime/core/session)
set(_ort_root "${ONNXRUNTIME_ROOT}")
if(NOT _ort_root AND DEFINED ENV{ONNXRUNTIME_ROOT})
  set(_ort_root "$ENV{ONNXRUNTIME_ROOT}")
endif()

if(_ort_root)
  find_path(ONNXRuntime_INCLUDE_DIR onnxruntime_cxx_api.h PATHS "${_ort_root}" PATH_SUFFIXES ${_ort_suffixes} NO_DEFAULT_PATH)
  if(NOT ONNXRuntime_INCLUDE_DIR)
    message(FATAL_ERROR "ONNXRUNTIME_ROOT is ${_ort_root}, but onnxruntime_cxx_api.h is in none of its folders "
                        "${_ort_suffixes}. Give the folder of an unpacked ONNX Runtime release.")
  endif()
else()
  find_path(ONNXRuntime_INCLUDE_DIR onnxruntime_cxx_api.h PATH_SUFFIXES ${_ort_suffixes})
endif()

if(NOT ONNXRuntime_INCLUDE_DIR)
  find_package(Python 3 COMPONENTS Interpreter QUIET)
  set(_ort_dir "${CMAKE_CURRENT_BINARY_DIR}/onnxruntime-headers")
  set(_ort_failed "no Python interpreter was found")
  if(Python_EXECUTABLE)
    message(STATUS "Fetching ONNX Runtime's headers with pip")
    set(_ort_python "${Python_EXECUTABLE}")
    execute_process(COMMAND "${_ort_python}" -m pip --version RESULT_VARIABLE _ort_result OUTPUT_QUIET ERROR_QUIET)
    if(NOT _ort_result EQUAL 0)
      # uv's environments have no pip; Python's own have.
      execute_process(COMMAND "${Python_EXECUTABLE}" -m venv "${_ort_dir}/pip" OUTPUT_QUIET ERROR_QUIET)
      file(GLOB _ort_own_python "${_ort_dir}/pip/bin/python" "${_ort_dir}/pip/Scripts/python.exe")
      if(_ort_own_python)
        set(_ort_python "${_ort_own_python}")
      endif()
    endif()
    execute_process(
      COMMAND "${_ort_python}" -m pip download --quiet --disable-pip-version-check --no-deps
              --ignore-requires-python --require-hashes --requirement "${CMAKE_CURRENT_LIST_DIR}/onnxruntime-headers.txt"
              --dest "${_ort_dir}"
      RESULT_VARIABLE _ort_result ERROR_VARIABLE _ort_failed OUTPUT_VARIABLE _ort_failed)
    if(_ort_result EQUAL 0)
      file(GLOB _ort_wheel "${_ort_dir}/*.whl")
      file(ARCHIVE_EXTRACT INPUT ${_ort_wheel} DESTINATION "${_ort_dir}" PATTERNS "*/onnxruntime/core/session/*.h")
      file(GLOB_RECURSE _ort_header "${_ort_dir}/*/onnxruntime_cxx_api.h")
      if(_ort_header)
        get_filename_component(_ort_include "${_ort_header}" DIRECTORY)
        set(ONNXRuntime_INCLUDE_DIR "${_ort_include}" CACHE PATH "ONNX Runtime's session headers" FORCE)
      endif()
    endif()
  endif()
  if(NOT ONNXRuntime_INCLUDE_DIR)
    message(FATAL_ERROR
      "ONNX Runtime's headers could not be fetched: ${_ort_failed}\n"
      "Either let pip reach PyPI, or unpack an ONNX Runtime release (1.17 or newer) and give its folder as ONNXRUNTIME_ROOT "
      "(an environment variable, or -DONNXRUNTIME_ROOT=...).")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ONNXRuntime REQUIRED_VARS ONNXRuntime_INCLUDE_DIR)
mark_as_advanced(ONNXRuntime_INCLUDE_DIR)

if(ONNXRuntime_FOUND AND NOT TARGET ONNXRuntime::headers)
  add_library(ONNXRuntime::headers INTERFACE IMPORTED)
  target_include_directories(ONNXRuntime::headers SYSTEM INTERFACE "${ONNXRuntime_INCLUDE_DIR}")
  target_compile_definitions(ONNXRuntime::headers INTERFACE ORT_API_MANUAL_INIT)
  if(MINGW)
    target_compile_definitions(ONNXRuntime::headers INTERFACE _Frees_ptr_opt_=) # an annotation that only MSVC's headers have
  endif()
endif()
