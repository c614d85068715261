# SPDX-License-Identifier: Apache-2.0
# interdict_catch_test(<executable> TEST <ctest name> LABEL <label> SOURCES ... [LIBRARIES ...] [SERIAL] [FAST])
#
# One Catch2 executable, <build>/bin/<executable>, and one ctest that runs it in the repository's root.
# Tests run once: optimizing them takes longer than running them. FAST is for the few that try millions of values.
# A run that only skipped counts as skipped (Catch2 exits with 4) and prints the reasons.
#
# The tests are written for Catch2 3. Debian 12 has 2.13: there tests/catch2-v2 stands between.
set(INTERDICT_TEST_OPTIONS $<$<CONFIG:RelWithDebInfo>:-O0>)

if(Catch2_VERSION VERSION_LESS 3)
    add_library(interdict_catch STATIC ${PROJECT_SOURCE_DIR}/tests/catch2-v2/main.cpp)
    target_include_directories(interdict_catch PUBLIC ${PROJECT_SOURCE_DIR}/tests/catch2-v2)
    target_link_libraries(interdict_catch PUBLIC interdict_options Catch2::Catch2 fmt::fmt)
    target_compile_options(interdict_catch PRIVATE ${INTERDICT_TEST_OPTIONS})
else()
    add_library(interdict_catch INTERFACE)
    target_link_libraries(interdict_catch INTERFACE Catch2::Catch2WithMain)
endif()

function(interdict_catch_test executable)
    cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL;FAST" "TEST;LABEL" "SOURCES;LIBRARIES")
    add_executable(${executable} ${arg_SOURCES})
    target_include_directories(${executable} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${executable} PRIVATE ${arg_LIBRARIES} interdict_options interdict_catch)
    target_compile_definitions(${executable} PRIVATE INTERDICT_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                                     INTERDICT_BINARY_DIR="${PROJECT_BINARY_DIR}")
    if(NOT arg_FAST)
        target_compile_options(${executable} PRIVATE ${INTERDICT_TEST_OPTIONS})
    endif()
    add_test(NAME ${arg_TEST} COMMAND ${executable} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${arg_TEST} PROPERTIES LABELS ${arg_LABEL} SKIP_RETURN_CODE 4 TIMEOUT 600
                                                RUN_SERIAL ${arg_SERIAL})
endfunction()
