# The libraries we stand on, each as one imported target.
# Whoever adds this tree to a tree of their own links our libraries from their own folder.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(Boost 1.74 REQUIRED)
find_package(fmt REQUIRED)
find_package(TBB REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(SQLite3 REQUIRED)

# Debian's NLopt exports NLopt::nlopt_cxx under the package name NLopt.
if(NOT TARGET dovetail_nlopt)
  find_path(NLOPT_INCLUDE_DIR nlopt.hpp REQUIRED)
  find_library(NLOPT_LIBRARY NAMES nlopt_cxx nlopt REQUIRED)
  add_library(dovetail_nlopt INTERFACE)
  target_include_directories(dovetail_nlopt SYSTEM INTERFACE ${NLOPT_INCLUDE_DIR})
  target_link_libraries(dovetail_nlopt INTERFACE ${NLOPT_LIBRARY})
endif()

# Random123 is headers without a CMake package.
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)

# XGBoost is optional: the designer `trees` exists where it is found.
find_path(XGBOOST_INCLUDE_DIR xgboost/c_api.h)
find_library(XGBOOST_LIBRARY xgboost)

# ONNX is optional: ONNX models are read where it is found. `auto` takes it where it is, ON demands it, OFF leaves it.
set(DOVETAIL_ONNX auto CACHE STRING "Read ONNX models: auto, ON or OFF")
set(DOVETAIL_ONNX_LIBRARIES "")
if(DOVETAIL_ONNX)
  find_path(ONNX_INCLUDE_DIR onnx/onnx-ml.pb.h)
  find_library(ONNX_LIBRARY onnx)
  find_library(ONNX_PROTO_LIBRARY onnx_proto)
  find_library(PROTOBUF_LIBRARY protobuf)
  find_path(PROTOBUF_INCLUDE_DIR google/protobuf/message.h)
  if(ONNX_INCLUDE_DIR AND ONNX_LIBRARY AND ONNX_PROTO_LIBRARY AND PROTOBUF_LIBRARY AND PROTOBUF_INCLUDE_DIR)
    set(DOVETAIL_ONNX_LIBRARIES ${ONNX_LIBRARY} ${ONNX_PROTO_LIBRARY} ${PROTOBUF_LIBRARY})
  elseif(DOVETAIL_ONNX STREQUAL "auto")
    message(STATUS "ONNX models are not read: libonnx-dev and libprotobuf-dev are not installed")
  else()
    message(FATAL_ERROR "DOVETAIL_ONNX=${DOVETAIL_ONNX} needs the packages libonnx-dev and libprotobuf-dev")
  endif()
endif()

if(DOVETAIL_PROGRAM)
  find_package(CLI11 REQUIRED)
endif()
if(DOVETAIL_TESTS)
  find_package(doctest REQUIRED)
  # Debian's rapidcheck has no doctest target: rapidcheck.h alone is enough, rc::check reports to us.
  find_package(rapidcheck REQUIRED)
endif()
if(DOVETAIL_BENCH)
  find_package(benchmark REQUIRED)
endif()
