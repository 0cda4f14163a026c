# One Debian package: program, libraries, headers, C library, Python module, manual page, completions. `cpack -G DEB` in the
# build folder writes it.
set(CPACK_PACKAGE_NAME dovetail)
set(CPACK_PACKAGE_CONTACT "the authors of Dovetail <dovetail@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Co-design of neural-network accelerators and their schedules")
set(CPACK_PACKAGE_DESCRIPTION "Finds the accelerator, and the schedule of every layer on it, with the best energy-delay\n product within given limits, and says how sure it is: a program, a library for C++, C and Python.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_COMPRESSION_TYPE gzip)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# What who compiles against it needs, and what the Python module needs.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS
  "libboost-graph-dev, libfmt-dev, libsqlite3-dev, libtbb-dev, libyaml-cpp-dev, nlohmann-json3-dev, libnlopt-dev")
if(TARGET dovetail_python)
  math(EXPR next "${Python_VERSION_MINOR} + 1")
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS
    "python3 (>= ${Python_VERSION_MAJOR}.${Python_VERSION_MINOR}), python3 (<< ${Python_VERSION_MAJOR}.${next}), python3-numpy")
endif()
include(CPack)
