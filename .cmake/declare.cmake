# One function declares a library, one a test, one a benchmark: a folder's build file is a line.

# Headers are included as <dovetail/ROOM/name.hpp>, in the tree as when installed.
set(DOVETAIL_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${DOVETAIL_INCLUDE_DIR}/dovetail)

# Flags that every source of ours is compiled with. GCC 12 warns wrongly of overlaps in std::string (-Wrestrict). Results must not depend on the instruction set, hence no
# contraction of a*b+c into a fused operation.
add_library(dovetail_flags INTERFACE)
target_compile_features(dovetail_flags INTERFACE cxx_std_20)
target_compile_options(dovetail_flags INTERFACE -Wall -Wextra -Wpedantic -Wno-psabi -Wno-restrict -ffp-contract=off)
if(DOVETAIL_UNITY)  # neighbours see each other's names, and GCC takes a source that is included for a header
  target_compile_options(dovetail_flags INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage;-Wno-maybe-uninitialized;-Wno-uninitialized>)
else()
  target_compile_options(dovetail_flags INTERFACE -Wshadow)
endif()
if(DOVETAIL_NATIVE)
  target_compile_options(dovetail_flags INTERFACE -march=native)
  # GCC 12 copies 256-bit constants {x, x, x, 0} as a broadcast of x where AVX-512 is at hand (tests/unit/accelerators/
  # constants.cpp shows it); in pieces of 128 bits it copies them rightly. Arithmetic keeps the full width.
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag("-mmove-max=128 -mstore-max=128" DOVETAIL_HAS_MOVE_MAX)
  if(DOVETAIL_HAS_MOVE_MAX)
    target_compile_options(dovetail_flags INTERFACE -mmove-max=128 -mstore-max=128)
  endif()
endif()
if(DOVETAIL_FUZZ)
  target_compile_options(dovetail_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(DOVETAIL_SANITIZE)
  target_compile_options(dovetail_flags INTERFACE -fsanitize=${DOVETAIL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(dovetail_flags INTERFACE -fsanitize=${DOVETAIL_SANITIZE})
endif()
if(DOVETAIL_TIDY)
  find_program(DOVETAIL_CLANG_TIDY NAMES clang-tidy clang-tidy-14 REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${DOVETAIL_CLANG_TIDY} --quiet)
endif()

# dovetail_batches(TARGET): compiles neighbouring sources together, where that is asked for: those of a folder, ten at most.
# Headers are most of what a source costs; sources with options of their own stay alone.
function(dovetail_batches target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${DOVETAIL_UNITY} UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
    string(MAKE_C_IDENTIFIER "${folder}" folder)
    math(EXPR batch "0${count_${folder}} + 0")
    math(EXPR count_${folder} "${batch} + 1")
    math(EXPR batch "${batch} / 10")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder}_${batch})
  endforeach()
endfunction()

# dovetail_library(ROOM PUBLIC targets... PRIVATE targets...): the library dovetail::ROOM of every .cpp in the folder and
# its sub-rooms, but for the verbs and the doors `cli`, `capi` and `python`, which are targets of their own.
function(dovetail_library room)
  cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/engine/(verbs|cli|capi|python)/")
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${DOVETAIL_INCLUDE_DIR}/dovetail/${room} SYMBOLIC)
  add_library(dovetail_${room} STATIC ${sources})
  add_library(dovetail::${room} ALIAS dovetail_${room})
  set_target_properties(dovetail_${room} PROPERTIES EXPORT_NAME ${room} POSITION_INDEPENDENT_CODE ON)
  dovetail_batches(dovetail_${room})
  target_include_directories(dovetail_${room} PUBLIC
    $<BUILD_INTERFACE:${DOVETAIL_INCLUDE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(dovetail_${room} PUBLIC cxx_std_20)
  target_link_libraries(dovetail_${room} PUBLIC ${ARG_PUBLIC} PRIVATE $<BUILD_INTERFACE:dovetail_flags> ${ARG_PRIVATE})
  set_property(GLOBAL APPEND PROPERTY DOVETAIL_ROOMS ${room})
endfunction()

# dovetail_embed(ROOM FOLDER): compiles the YAML files of a folder into dovetail::ROOM, as the list
# dovetail::embedded::FOLDER() of <dovetail/workloads/text/embedded.hpp>. The files are read when building.
function(dovetail_embed room folder)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.yaml)
  dovetail_embed_files(dovetail_${room} ${folder} ${files})
endfunction()

# dovetail_embed_files(TARGET NAME files...): the same for given files, as dovetail::embedded::NAME().
function(dovetail_embed_files target name)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp)
  set(script ${PROJECT_SOURCE_DIR}/.cmake/embed.cmake)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DOUTPUT=${source} "-DFILES=${ARGN}" -P ${script}
    DEPENDS ${ARGN} ${script} COMMENT "Embedding ${name}" VERBATIM)
  set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${target} PRIVATE ${source})
endfunction()

# dovetail_test(FILE ROOM): the doctest program of one file, named KIND.NAME, linked with dovetail::ROOM. A file named
# cli_* runs the program, which it finds as DOVETAIL_PROGRAM.
function(dovetail_test file room)
  get_filename_component(name ${file} NAME_WE)
  get_filename_component(directory ${file} DIRECTORY)
  get_filename_component(directory ${directory} DIRECTORY)
  get_filename_component(kind ${directory} NAME)
  set(target test_${kind}_${name})
  add_executable(${target} ${file} $<TARGET_OBJECTS:dovetail_test_main>)
  target_link_libraries(${target} PRIVATE dovetail_flags dovetail::${room} doctest::doctest fmt::fmt
    nlohmann_json::nlohmann_json ${ARGN})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  if(kind STREQUAL property)
    target_link_libraries(${target} PRIVATE rapidcheck)
  endif()
  target_compile_definitions(${target} PRIVATE
    DOVETAIL_SOURCE_DIR="${PROJECT_SOURCE_DIR}" DOVETAIL_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared")
  if(name MATCHES "^cli_")
    add_dependencies(${target} dovetail)
    target_compile_definitions(${target} PRIVATE DOVETAIL_PROGRAM="${PROJECT_BINARY_DIR}/engine/dovetail")
  endif()
  add_test(NAME ${kind}.${name} COMMAND ${target})
  set_tests_properties(${kind}.${name} PROPERTIES LABELS ${kind} TIMEOUT 300)
endfunction()

# dovetail_bench(NAME): the program bench/NAME.cpp, never a test.
function(dovetail_bench name)
  add_executable(bench_${name} ${name}.cpp)
  target_link_libraries(bench_${name} PRIVATE dovetail_flags dovetail::engine fmt::fmt nlohmann_json::nlohmann_json ${ARGN})
  target_compile_definitions(bench_${name} PRIVATE
    DOVETAIL_SOURCE_DIR="${PROJECT_SOURCE_DIR}" DOVETAIL_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared")
  set_target_properties(bench_${name} PROPERTIES OUTPUT_NAME ${name})
endfunction()

# Installs libraries, headers, the program, and what CMake and pkg-config need to find them.
function(dovetail_install)
  get_property(rooms GLOBAL PROPERTY DOVETAIL_ROOMS)
  foreach(room IN LISTS rooms)
    install(TARGETS dovetail_${room} EXPORT dovetail ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endforeach()
  install(CODE "set(SOURCE_DIR \"${PROJECT_SOURCE_DIR}\")
set(ROOMS \"${rooms}\")
set(INCLUDE_DIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}\")")
  install(SCRIPT ${PROJECT_SOURCE_DIR}/.cmake/install_headers.cmake)
  install(TARGETS dovetail_nlopt EXPORT dovetail)
  # The C library is a package part of its own: it needs none of the libraries that the rooms need.
  install(TARGETS dovetail_capi EXPORT dovetail-capi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  if(TARGET dovetail)
    install(TARGETS dovetail RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/engine/record/share/ DESTINATION ${CMAKE_INSTALL_DATADIR}/dovetail
            USE_SOURCE_PERMISSIONS)
  endif()

  include(CMakePackageConfigHelpers)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/dovetail)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/.cmake/dovetailConfig.cmake.in
    ${PROJECT_BINARY_DIR}/dovetailConfig.cmake INSTALL_DESTINATION ${package})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/dovetailConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/dovetailConfig.cmake ${PROJECT_BINARY_DIR}/dovetailConfigVersion.cmake
          DESTINATION ${package})
  install(EXPORT dovetail NAMESPACE dovetail:: FILE dovetailTargets.cmake DESTINATION ${package})
  install(EXPORT dovetail-capi NAMESPACE dovetail:: FILE dovetailCapiTargets.cmake DESTINATION ${package})

  # Static libraries in the order that linkers want: who uses before who is used.
  list(REVERSE rooms)
  list(TRANSFORM rooms PREPEND "-ldovetail_" OUTPUT_VARIABLE DOVETAIL_PC_LIBS)
  list(APPEND DOVETAIL_PC_LIBS ${NLOPT_LIBRARY} -pthread)
  if(XGBOOST_LIBRARY)
    list(APPEND DOVETAIL_PC_LIBS ${XGBOOST_LIBRARY})
  endif()
  if(LIBPQ_LIBRARY AND LIBPQ_INCLUDE_DIR)
    list(APPEND DOVETAIL_PC_LIBS ${LIBPQ_LIBRARY})
  endif()
  list(APPEND DOVETAIL_PC_LIBS ${DOVETAIL_ONNX_LIBRARIES})
  list(JOIN DOVETAIL_PC_LIBS " " DOVETAIL_PC_LIBS)
  foreach(name dovetail dovetail-engine)
    configure_file(${PROJECT_SOURCE_DIR}/.cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  endforeach()
endfunction()

# The target `documentation`: HTML from the docstrings with Doxygen, where that is installed.
function(dovetail_documentation)
  find_program(DOVETAIL_DOXYGEN doxygen)
  if(NOT DOVETAIL_DOXYGEN)
    message(STATUS "no target `documentation`: doxygen is not installed")
    return()
  endif()
  get_property(rooms GLOBAL PROPERTY DOVETAIL_ROOMS)
  list(TRANSFORM rooms PREPEND "${PROJECT_SOURCE_DIR}/")
  list(JOIN rooms " " DOVETAIL_DOCUMENTED)
  configure_file(${PROJECT_SOURCE_DIR}/.cmake/Doxyfile.in ${PROJECT_BINARY_DIR}/Doxyfile @ONLY)
  add_custom_target(documentation COMMAND ${DOVETAIL_DOXYGEN} ${PROJECT_BINARY_DIR}/Doxyfile
    COMMENT "Writing ${PROJECT_BINARY_DIR}/documentation/html/index.html" VERBATIM)
endfunction()
