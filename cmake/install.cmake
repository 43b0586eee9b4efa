# `cmake --install`: libraries, headers, the program, a CMake package, pkg-config and a find_package(Torch) shim.
include(CMakePackageConfigHelpers)

set(RELUME_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/relume)
# libtorch's layout, apart, so that only those who ask for it find this Torch: -DCMAKE_PREFIX_PATH=PREFIX/lib/relume/torch
set(RELUME_TORCH_PREFIX ${CMAKE_INSTALL_LIBDIR}/relume/torch)

set(targets relume_static)
if(BUILD_SHARED_LIBS)
  list(APPEND targets relume_shared)
endif()
install(TARGETS ${targets} EXPORT relume_targets)
install(EXPORT relume_targets NAMESPACE relume:: DESTINATION ${RELUME_CMAKE_DIR} FILE relume-targets.cmake)
if(TARGET relume_program)
  install(TARGETS relume_program)
endif()
install(DIRECTORY include/relume DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(EXISTS ${PROJECT_SOURCE_DIR}/compat)
  install(DIRECTORY compat/ DESTINATION ${RELUME_TORCH_PREFIX}/include FILES_MATCHING
    PATTERN "*.h" PATTERN "*.inc")
endif()

configure_package_config_file(cmake/relume-config.cmake.in relume-config.cmake
  INSTALL_DESTINATION ${RELUME_CMAKE_DIR} PATH_VARS RELUME_TORCH_PREFIX)
write_basic_package_version_file(relume-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/relume-config.cmake ${PROJECT_BINARY_DIR}/relume-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindoneDNN.cmake DESTINATION ${RELUME_CMAKE_DIR})

file(RELATIVE_PATH RELUME_TORCH_TO_PACKAGE /${RELUME_TORCH_PREFIX}/share/cmake/Torch /${RELUME_CMAKE_DIR})
configure_file(cmake/TorchConfig.cmake.in TorchConfig.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/TorchConfigVersion.cmake VERSION 2.13.0
  COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/TorchConfig.cmake ${PROJECT_BINARY_DIR}/TorchConfigVersion.cmake
  DESTINATION ${RELUME_TORCH_PREFIX}/share/cmake/Torch)

configure_file(cmake/relume.pc.in relume.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/relume.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
