# The part of check.cmake about the interface for C.
set(examples ${CMAKE_CURRENT_LIST_DIR}/../../examples/c)
file(GLOB shared ${prefix}/lib*/libgatefold.so ${prefix}/lib*/*/libgatefold.so)
file(GLOB archive ${prefix}/lib*/libgatefold_c.a ${prefix}/lib*/*/libgatefold_c.a)

# The symbols of C in the library, one a line, are those of the list.
if(shared)
  set(other_languages "")
  execute_process(COMMAND ${NM} -D --defined-only ${shared} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
else()
  set(other_languages CXX)
  execute_process(COMMAND ${NM} -g --defined-only ${archive} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
endif()
string(REGEX MATCHALL " T gatefold_[a-z_]+" symbols "${symbols}")
list(TRANSFORM symbols REPLACE " T " "")
list(SORT symbols)
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../../c/symbols.txt listed)
if(NOT symbols STREQUAL listed)
  message(FATAL_ERROR "the library has the symbols of C\n${symbols}\nbut c/symbols.txt lists\n${listed}")
endif()
list(LENGTH symbols count)
message(STATUS "${count} symbols of C are those of c/symbols.txt")

# What abigail-tools see of the header, in a library whose functions do nothing, is what was recorded.
find_program(ABIDIFF abidiff)
cmake_host_system_information(RESULT machine QUERY OS_PLATFORM)
if(ABIDIFF AND machine STREQUAL "x86_64")
  set(interface ${WORK_DIR}/interface)
  file(READ ${prefix}/include/gatefold.h header)
  string(REGEX MATCHALL "\nGATEFOLD_API [^;]+" functions "${header}")
  list(TRANSFORM functions APPEND " { while (1) {} }")
  file(WRITE ${interface}/functions.c "#include <gatefold.h>\n" ${functions} "\n")
  run(${CC} -std=c99 -g -shared -fPIC -I${prefix}/include functions.c -o libfunctions.so WORKING_DIRECTORY ${interface})
  execute_process(COMMAND ${ABIDIFF} ${CMAKE_CURRENT_LIST_DIR}/gatefold.abi ${interface}/libfunctions.so
    RESULT_VARIABLE difference)
  if(NOT difference EQUAL 0)
    message(FATAL_ERROR "the interface for C has changed; if it has only grown, record it: abidw --no-show-locs "
      "--no-comp-dir-path --no-corpus-path ${interface}/libfunctions.so > tests/install/gatefold.abi")
  endif()
  message(STATUS "the interface for C is the recorded one")
endif()

run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/c -B ${WORK_DIR}/build_c -G ${GENERATOR}
    -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_C_COMPILER=${CC} -DCMAKE_CXX_COMPILER=${CXX}
    -DOTHER_LANGUAGES=${other_languages} -DEXAMPLES=${examples})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build_c)
run(${WORK_DIR}/build_c/classify ${examples}/../models/digits_gru/model.onnx ${examples}/digits.txt)

# The documented commands, as they stand and then with a `cc` that adds a sanitizer.
if(shared)
  cmake_path(GET shared PARENT_PATH folder)
  set(ENV{LD_LIBRARY_PATH} ${folder})
endif()
set(commands ${PYTHON} ${CMAKE_CURRENT_LIST_DIR}/../documented_commands.py ${prefix}/bin/gatefold ${examples}/README.md)
run(${commands})
file(WRITE ${WORK_DIR}/asan/cc "#!/bin/sh\nexec ${CC} -g -fsanitize=address \"$@\"\n")
file(CHMOD ${WORK_DIR}/asan/cc PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
set(ENV{PATH} ${WORK_DIR}/asan:$ENV{PATH})
run(${commands})
message(STATUS "the examples in C are clean under AddressSanitizer")
