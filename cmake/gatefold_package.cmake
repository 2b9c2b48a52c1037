# What `cmake --install` needs beside libraries: the public headers and find_package(gatefold).

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
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gatefold/${folder})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
endforeach()
install(FILES session/gatefold.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gatefold)

include(CMakePackageConfigHelpers)

set(GATEFOLD_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/gatefold)
configure_package_config_file(cmake/gatefold-config.cmake.in
  ${PROJECT_BINARY_DIR}/gatefold-config.cmake INSTALL_DESTINATION ${GATEFOLD_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gatefold-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gatefold-config.cmake
              ${PROJECT_BINARY_DIR}/gatefold-config-version.cmake
        DESTINATION ${GATEFOLD_CMAKE_DIR})
install(EXPORT gatefold NAMESPACE gatefold:: FILE gatefold-targets.cmake
        DESTINATION ${GATEFOLD_CMAKE_DIR})
