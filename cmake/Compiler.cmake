# SPDX-License-Identifier: Apache-2.0
# interdict_options: what every C++ target of the project is compiled with.

find_program(INTERDICT_CCACHE ccache)
if(INTERDICT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # What it must not mind for precompiled headers to be found again.
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${INTERDICT_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

add_library(interdict_options INTERFACE)
# Two include roots: "maps/rules.h" and "base/result.h".
target_include_directories(interdict_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/userspace)
target_compile_options(interdict_options INTERFACE -Wall -Wextra -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A compiler that ends within seconds need not collect its garbage: a tenth of its time.
    target_compile_options(interdict_options INTERFACE --param=ggc-min-expand=300 --param=ggc-min-heapsize=1000000)
endif()
if(INTERDICT_WERROR)
    target_compile_options(interdict_options INTERFACE -Werror)
endif()
if(INTERDICT_SANITIZE)
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=undefined)
    target_compile_options(interdict_options INTERFACE ${sanitizers} -fno-omit-frame-pointer)
    target_link_options(interdict_options INTERFACE ${sanitizers})
endif()
