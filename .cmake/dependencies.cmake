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

if(DOVETAIL_PROGRAM)
  find_package(CLI11 REQUIRED)
  find_package(spdlog REQUIRED)
endif()
if(DOVETAIL_TESTS)
  find_package(doctest REQUIRED)
  # Debian's rapidcheck has no doctest target: rapidcheck.h alone is enough, rc::check reports to us.
  find_package(rapidcheck REQUIRED)
endif()
if(DOVETAIL_BENCH)
  find_package(benchmark REQUIRED)
endif()
