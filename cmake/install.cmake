# Installs the library, its headers, its CMake package, its pkg-config file and the shipped models. In a wheel all of it
# lies in the folder of the Python package, where the models are already.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(SRFAST_WHEEL)
  set(lib srfast/lib)
  set(include srfast/include)
  set(namelink NAMELINK_SKIP)
  # Without the symbolic link libsrfast.so; and nobody sets the loader's path to site-packages.
  set(pc_libs "-l:$<TARGET_FILE_NAME:srfast> -Wl,-rpath,\${libdir}")
else()
  set(lib "${CMAKE_INSTALL_LIBDIR}")
  set(include "${CMAKE_INSTALL_INCLUDEDIR}")
  set(namelink)
  set(pc_libs "-lsrfast")
  install(DIRECTORY python/srfast/zoo/ DESTINATION "${CMAKE_INSTALL_DATADIR}/srfast/models" COMPONENT library
          FILES_MATCHING PATTERN "*.onnx" PATTERN "*.md" PATTERN "__pycache__" EXCLUDE)
endif()
set(package "${lib}/cmake/srfast")

install(TARGETS srfast EXPORT srfastTargets COMPONENT library
        ARCHIVE DESTINATION "${lib}"
        LIBRARY DESTINATION "${lib}" ${namelink}
        RUNTIME DESTINATION "${lib}"
        INCLUDES DESTINATION "${include}")
install(DIRECTORY csrc/include/srfast DESTINATION "${include}" COMPONENT library)
install(EXPORT srfastTargets NAMESPACE srfast:: DESTINATION "${package}" COMPONENT library)

get_target_property(library_type srfast TYPE)
configure_package_config_file(cmake/srfastConfig.cmake.in "${PROJECT_BINARY_DIR}/srfastConfig.cmake"
                              INSTALL_DESTINATION "${package}" NO_SET_AND_CHECK_MACRO)
# Before 1.0, a new minor version may break programs.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/srfastConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/srfastConfig.cmake" "${PROJECT_BINARY_DIR}/srfastConfigVersion.cmake"
        DESTINATION "${package}" COMPONENT library)

# Relative to the file itself, so that the tree can be moved.
file(RELATIVE_PATH pc_prefix "/prefix/${lib}/pkgconfig" "/prefix")
if(library_type STREQUAL "STATIC_LIBRARY")
  set(pc_definitions "-DSRFAST_STATIC")
else()
  set(pc_definitions)
endif()
configure_file(cmake/srfast.pc.in "${PROJECT_BINARY_DIR}/srfast.pc.in" @ONLY)
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/srfast.pc" INPUT "${PROJECT_BINARY_DIR}/srfast.pc.in")
install(FILES "${PROJECT_BINARY_DIR}/srfast.pc" DESTINATION "${lib}/pkgconfig" COMPONENT library)
