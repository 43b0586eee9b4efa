# What Relume is built with. Everything that is missing is named at once, by the names of Debian's packages.
set(RELUME_MISSING "")

# Finds a package of CMake's, or notes the Debian package that has it.
macro(relume_requires name debian)
  find_package(${name} ${ARGN} QUIET)
  if(NOT ${name}_FOUND)
    list(APPEND RELUME_MISSING ${debian})
  endif()
endmacro()

relume_requires(OpenMP g++ COMPONENTS CXX)
relume_requires(Threads libc6-dev)
relume_requires(fmt libfmt-dev)
relume_requires(ZLIB zlib1g-dev)
relume_requires(PNG libpng-dev)
relume_requires(nlohmann_json nlohmann-json3-dev)
relume_requires(oneDNN libdnnl-dev)
relume_requires(PkgConfig pkg-config)
if(PkgConfig_FOUND)
  pkg_check_modules(HWY QUIET IMPORTED_TARGET libhwy)
endif()
if(NOT HWY_FOUND)
  list(APPEND RELUME_MISSING libhwy-dev)
endif()
if(RELUME_BUILD_PYTHON)
  relume_requires(Python python3-dev 3.10 COMPONENTS Interpreter Development.Module)
endif()

if(RELUME_MISSING)
  list(JOIN RELUME_MISSING " " packages)
  message(FATAL_ERROR "Relume needs libraries that are not here. On Debian and Ubuntu this installs them:\n"
    "  apt-get install ${packages}\nElsewhere they have similar names.")
endif()
