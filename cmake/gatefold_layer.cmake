# The ONNX target is called `onnx` up to 1.16 and `ONNX::onnx` from 1.17 on.
add_library(gatefold_onnx INTERFACE)
if(TARGET ONNX::onnx)
  target_link_libraries(gatefold_onnx INTERFACE ONNX::onnx protobuf::libprotobuf)
else()
  target_link_libraries(gatefold_onnx INTERFACE onnx onnx_proto protobuf::libprotobuf)
endif()
set_target_properties(gatefold_onnx PROPERTIES EXPORT_NAME onnx)

# Warnings for our own code only. When it optimizes, GCC 12 sees uninitialized members where an optional
# of a variant is empty, overlapping or endless copies where a string is put before another, and the
# freeing of lists that live on the stack.
add_library(gatefold_warnings INTERFACE)
target_compile_options(gatefold_warnings INTERFACE -Wall -Wextra
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-restrict;-Wno-stringop-overflow;-Wno-free-nonheap-object>"
  $<$<BOOL:${GATEFOLD_WARNINGS_AS_ERRORS}>:-Werror>)

# What nearly every file includes, parsed once per target. Files include what they use all the same.
set(GATEFOLD_PRECOMPILED <algorithm> <array> <cmath> <cstdint> <cstring> <filesystem> <functional> <limits>
  <map> <memory> <numeric> <optional> <set> <span> <string> <string_view> <unordered_map> <unordered_set>
  <utility> <variant> <vector> <fmt/format.h> <fmt/ranges.h>
  ${PROJECT_SOURCE_DIR}/ir/evaluate.h ${PROJECT_SOURCE_DIR}/ir/graph.h ${PROJECT_SOURCE_DIR}/ir/infer.h)

# gatefold_layer(NAME [PUBLIC target...] [PRIVATE target...])
# One layer of the library: the folder NAME becomes the target gatefold::NAME.
function(gatefold_layer name)
  cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${name}/*.cpp)
  add_library(gatefold_${name} STATIC ${sources})
  add_library(gatefold::${name} ALIAS gatefold_${name})
  set_target_properties(gatefold_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_include_directories(gatefold_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/gatefold/layers>)
  target_compile_features(gatefold_${name} PUBLIC cxx_std_20)
  target_precompile_headers(gatefold_${name} PRIVATE ${GATEFOLD_PRECOMPILED})
  target_link_libraries(gatefold_${name} PUBLIC ${ARG_PUBLIC}
    PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:gatefold_warnings>)
endfunction()
