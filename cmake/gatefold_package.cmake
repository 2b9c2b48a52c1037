# What `cmake --install` needs beside libraries: the public headers and find_package(gatefold).

# <gatefold.h> is the interface for C, <gatefold/gatefold.h> that for C++. The headers behind the latter lie
# in a folder of their own, so that a search path to them finds neither.
set(layer_headers ${CMAKE_INSTALL_INCLUDEDIR}/gatefold/layers)
install(FILES c/gatefold.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(FILES session/gatefold.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gatefold COMPONENT development)
# Public is what the umbrella header reaches, so that an installed header includes installed ones only.
set(public session/gatefold.h)
set(unread ${public})
while(unread)
  list(POP_FRONT unread header)
  file(STRINGS ${PROJECT_SOURCE_DIR}/${header} includes REGEX "^#include \"")
  list(TRANSFORM includes REPLACE "^#include \"([^\"]+)\".*" "\\1")
  list(REMOVE_ITEM includes ${public})
  list(APPEND public ${includes})
  list(APPEND unread ${includes})
endwhile()
foreach(header IN LISTS public)
  cmake_path(GET header PARENT_PATH folder)
  install(FILES ${header} DESTINATION ${layer_headers}/${folder} COMPONENT development)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
endforeach()

include(CMakePackageConfigHelpers)

set(GATEFOLD_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/gatefold)
configure_package_config_file(cmake/gatefold-config.cmake.in
  ${PROJECT_BINARY_DIR}/gatefold-config.cmake INSTALL_DESTINATION ${GATEFOLD_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gatefold-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gatefold-config.cmake
              ${PROJECT_BINARY_DIR}/gatefold-config-version.cmake
        DESTINATION ${GATEFOLD_CMAKE_DIR} COMPONENT development)
# With BUILD_SHARED_LIBS one library holds all layers and shows the names of the project alone, and one
# archive the same, for who asks for it by its name; otherwise each layer is an archive. Either way a program in C++ links gatefold::session, one in C
# gatefold::c.
set(layers gatefold_c gatefold_session gatefold_frontend gatefold_passes gatefold_backend gatefold_ir)
# What archives need of others.
set(archive_libs "-lonnx -lonnx_proto -lprotobuf -ldnnl -lhwy -lzip -lgomp -lstdc++ -lm")
if(BUILD_SHARED_LIBS)
  list(TRANSFORM layers REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
  add_library(gatefold_shared SHARED ${objects})
  target_link_libraries(gatefold_shared PRIVATE fmt::fmt
    "$<BUILD_INTERFACE:gatefold_onnx;DNNL::dnnl;hwy::hwy;OpenMP::OpenMP_CXX;PkgConfig::libzip>")
  target_link_options(gatefold_shared PRIVATE
    LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/gatefold.map)
  target_include_directories(gatefold_shared INTERFACE
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # What the headers for C++ need beside it.
  add_library(gatefold_cpp INTERFACE)
  target_link_libraries(gatefold_cpp INTERFACE gatefold_shared fmt::fmt)
  target_include_directories(gatefold_cpp INTERFACE $<INSTALL_INTERFACE:${layer_headers}>)
  target_compile_features(gatefold_cpp INTERFACE cxx_std_20)
  set_target_properties(gatefold_cpp PROPERTIES EXPORT_NAME session)
  set_target_properties(gatefold_shared PROPERTIES OUTPUT_NAME gatefold EXPORT_NAME c
    LINKER_LANGUAGE CXX LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/gatefold.map
    VERSION ${PROJECT_VERSION} SOVERSION ${GATEFOLD_ABI})
  add_library(gatefold_archive STATIC ${objects})
  set_target_properties(gatefold_archive PROPERTIES OUTPUT_NAME gatefold LINKER_LANGUAGE CXX)
  install(TARGETS gatefold_shared gatefold_cpp EXPORT gatefold
    LIBRARY COMPONENT library NAMELINK_COMPONENT development)
  install(TARGETS gatefold_archive ARCHIVE COMPONENT development)
  set(GATEFOLD_PC_LIBS "-lgatefold")
  set(GATEFOLD_PC_PRIVATE_LIBS "${archive_libs}")
else()
  install(TARGETS gatefold_onnx ${layers} EXPORT gatefold ARCHIVE COMPONENT development)
  list(TRANSFORM layers PREPEND "-l" OUTPUT_VARIABLE GATEFOLD_PC_LIBS)
  list(JOIN GATEFOLD_PC_LIBS " " GATEFOLD_PC_LIBS)
  string(APPEND GATEFOLD_PC_LIBS " ${archive_libs}")
endif()
file(RELATIVE_PATH GATEFOLD_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/gatefold.pc.in ${PROJECT_BINARY_DIR}/gatefold.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/gatefold.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT development)

install(EXPORT gatefold NAMESPACE gatefold:: FILE gatefold-targets.cmake
        DESTINATION ${GATEFOLD_CMAKE_DIR} COMPONENT development)
