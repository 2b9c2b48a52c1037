# Installs the built project into a fresh prefix, compiles each of its headers alone, then builds and
# runs consumer.cpp against it, as a CMake project and by pkg-config; and the same with the examples
# in C, also with AddressSanitizer.
# Usage: cmake -DBUILD_DIR=... -DWORK_DIR=... -DCXX=... -DCC=... -DGENERATOR=... -DNM=... -DPYTHON=... -P check.cmake
file(REMOVE_RECURSE ${WORK_DIR})
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
set(prefix ${WORK_DIR}/prefix)
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix})

file(GLOB_RECURSE headers ${prefix}/include/*.h)
list(LENGTH headers count)
if(count LESS 10)
  message(FATAL_ERROR "only ${count} headers are installed")
endif()
foreach(header IN LISTS headers)
  run(${CXX} -std=c++20 -fsyntax-only -I${prefix}/include -I${prefix}/include/gatefold/layers -x c++ ${header})
endforeach()
message(STATUS "${count} installed headers compile alone")

function(check program)
  set(arguments ${CMAKE_CURRENT_LIST_DIR}/echo.onnxtxt ${CMAKE_CURRENT_LIST_DIR}/echo.npz ${WORK_DIR}/trained.onnx)
  run(${program} ${arguments})
  run(${prefix}/bin/gatefold run ${WORK_DIR}/trained.onnx --random 1 --dim N=1 --dim T=2)
endfunction()
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK_DIR}/build
    -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_COMPILER=${CXX})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
check(${WORK_DIR}/build/consumer)

file(GLOB_RECURSE package ${prefix}/*/gatefold.pc)
cmake_path(GET package PARENT_PATH folder)
set(ENV{PKG_CONFIG_PATH} ${folder})
execute_process(COMMAND pkg-config --cflags --libs gatefold OUTPUT_VARIABLE flags
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
run(${CXX} -std=c++20 ${CMAKE_CURRENT_LIST_DIR}/consumer.cpp -o ${WORK_DIR}/by_pkg_config ${flags}
    -Wl,-rpath,${folder}/..)
check(${WORK_DIR}/by_pkg_config)

# The archive that stands beside the shared library.
file(GLOB_RECURSE archive ${prefix}/*/libgatefold.a)
if(archive)
  execute_process(COMMAND pkg-config --static --cflags --libs gatefold OUTPUT_VARIABLE flags
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "-lgatefold " "-l:libgatefold.a " flags "${flags}")
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run(${CXX} -std=c++20 ${CMAKE_CURRENT_LIST_DIR}/consumer.cpp -o ${WORK_DIR}/by_archive ${flags})
  check(${WORK_DIR}/by_archive)
endif()
run(${prefix}/bin/gatefold --version)

# C. The library shows the functions of the list and no others of C.
include(${CMAKE_CURRENT_LIST_DIR}/c.cmake)
