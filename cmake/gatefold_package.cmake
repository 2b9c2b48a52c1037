# What `cmake --install` needs beside headers and libraries: find_package(gatefold).
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
