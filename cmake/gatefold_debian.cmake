# `cpack -G DEB` makes Debian packages: gatefold (the tool); where the shared library is built, libgatefoldN
# with it, N being its ABI, and libgatefold-dev; and where the module is built, python3-gatefold.
# scripts/packages.sh configures, builds and packs.
set(GATEFOLD_MAINTAINER "Gatefold maintainers <maintainers@gatefold.example>" CACHE STRING
  "Who answers for the Debian packages, as NAME <ADDRESS>")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR Gatefold)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # Each package has its own.
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/packages/compress.cmake)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${GATEFOLD_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(debian_version ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

# The time of the build, or that of SOURCE_DATE_EPOCH.
string(TIMESTAMP GATEFOLD_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(cmake/packages/changelog.Debian.in ${PROJECT_BINARY_DIR}/changelog.Debian @ONLY)

# gatefold_debian_package(COMPONENT NAME SECTION DEPENDS SUGGESTS SUMMARY)
# Makes a package of the files that are installed under a component and of what every package must
# have. In the folder cmake/packages/COMPONENT stand scripts of its own and its overrides of lintian.
function(gatefold_debian_package component name section depends suggests summary)
  install(FILES cmake/packages/copyright ${PROJECT_BINARY_DIR}/changelog.Debian
    DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${name} COMPONENT ${component} EXCLUDE_FROM_ALL)
  set(overrides "")
  foreach(file cmake/packages/overrides cmake/packages/${component}/overrides)
    if(EXISTS ${PROJECT_SOURCE_DIR}/${file})
      file(READ ${file} text)
      string(APPEND overrides "${text}")
    endif()
  endforeach()
  file(WRITE ${PROJECT_BINARY_DIR}/overrides/${name} "${overrides}")
  install(FILES ${PROJECT_BINARY_DIR}/overrides/${name}
    DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/lintian/overrides COMPONENT ${component} EXCLUDE_FROM_ALL)
  file(GLOB scripts cmake/packages/${component}/*)
  list(FILTER scripts EXCLUDE REGEX "/overrides$")
  string(TOUPPER ${component} variable)
  set(CPACK_DEBIAN_${variable}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${variable}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_DEBIAN_${variable}_PACKAGE_DEPENDS "${depends}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${variable}_PACKAGE_SUGGESTS "${suggests}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${variable}_PACKAGE_CONTROL_EXTRA "${scripts}" PARENT_SCOPE)
  string(CONCAT description "${summary}\n"
    "Gatefold imports, compiles, runs and trains ONNX models on the CPU, recurrent\n"
    "and sequence models above all: LSTM, GRU, RNN, loops and attention, whole or\n"
    "as exporters take them apart.")
  set(CPACK_COMPONENT_${variable}_DESCRIPTION "${description}" PARENT_SCOPE)
  set(CPACK_COMPONENTS_ALL ${CPACK_COMPONENTS_ALL} ${component} PARENT_SCOPE)
endfunction()

install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/gatefold COMPONENT tool EXCLUDE_FROM_ALL
  PATTERN quickstart.sh EXCLUDE PATTERN __pycache__ EXCLUDE)
set(CPACK_COMPONENTS_ALL "")
gatefold_debian_package(tool gatefold science "" "libgatefold-dev, python3-gatefold"
  "compiler and executor of ONNX models (command-line tool)")
if(BUILD_SHARED_LIBS)
  set(library libgatefold${GATEFOLD_ABI})
  file(WRITE ${PROJECT_BINARY_DIR}/shlibs "libgatefold ${GATEFOLD_ABI} ${library} (>= ${PROJECT_VERSION})\n")
  gatefold_debian_package(library ${library} libs "" "" "compiler and executor of ONNX models (shared library)")
  list(APPEND CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/shlibs)
  gatefold_debian_package(development libgatefold-dev libdevel
    "${library} (= ${debian_version}), libfmt-dev"
    "libonnx-dev, libprotobuf-dev, libdnnl-dev, libhwy-dev, libzip-dev, pkg-config"
    "compiler and executor of ONNX models (development files)")
endif()
if(GATEFOLD_BUILD_PYTHON)
  string(REGEX MATCH "^([0-9]+)\\.([0-9]+)" python ${GATEFOLD_PYTHON_VERSION})
  math(EXPR next "${CMAKE_MATCH_2} + 1")
  gatefold_debian_package(python python3-gatefold python
    "python3 (>= ${python}), python3 (<< ${CMAKE_MATCH_1}.${next}), python3-numpy" "python3-onnx, python3-torch"
    "compiler and executor of ONNX models (Python 3)")
endif()
include(CPack)
