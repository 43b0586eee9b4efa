# oneDNN as target DNNL::dnnl. Its own package file asks for OpenCL's headers, which nothing here uses.
find_library(oneDNN_LIBRARY dnnl)
find_path(oneDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
mark_as_advanced(oneDNN_LIBRARY oneDNN_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(oneDNN REQUIRED_VARS oneDNN_LIBRARY oneDNN_INCLUDE_DIR)
if(oneDNN_FOUND AND NOT TARGET DNNL::dnnl)
  add_library(DNNL::dnnl UNKNOWN IMPORTED)
  set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION "${oneDNN_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${oneDNN_INCLUDE_DIR}")
endif()
