# SPDX-License-Identifier: Apache-2.0
# The inspectors are C; hello.cpp makes what they read.
set(harness ${PROJECT_SOURCE_DIR}/tests/harness)
add_library(interdict_inspectors STATIC ${harness}/inspect.c ${harness}/hello.cpp)
target_include_directories(interdict_inspectors PUBLIC ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(interdict_inspectors PUBLIC interdict_options)
set(libraries interdict_inspectors)
