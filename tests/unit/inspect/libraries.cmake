# SPDX-License-Identifier: Apache-2.0
# The inspectors are C; dns.cpp and hello.cpp make what they read.
set(harness ${PROJECT_SOURCE_DIR}/tests/harness)
add_library(interdict_inspectors STATIC ${harness}/inspect.c ${harness}/dns.cpp ${harness}/hello.cpp)
target_include_directories(interdict_inspectors PUBLIC ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(interdict_inspectors PUBLIC interdict_options)
set(libraries interdict_inspectors)
include(${harness}/quic.cmake)
list(APPEND libraries interdict_quic_reader)
