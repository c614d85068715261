# SPDX-License-Identifier: Apache-2.0
# interdict_bpf_object(NAME source.bpf.c [DEFINITIONS name=value ...])
#
# Compiles the source for the BPF target and makes of it
#     <build>/bpf/NAME.bpf.o    the object, with BTF
#     <build>/bpf/NAME.skel.h   its libbpf skeleton: NAME__open(), NAME__load(), NAME__destroy()
# and a target NAME_skel; whoever links to it may write #include "NAME.skel.h".
# Sources include "maps/rules.h" from the repository's root. There is no vmlinux.h: kernel structures come
# from the UAPI headers, <linux/*.h>.

# Older ones miss atomics and loops that -mcpu=v3 objects of this project need.
find_program(INTERDICT_BPF_CLANG NAMES clang-16 clang-17 clang-18 clang-19 clang-20 clang-21 clang REQUIRED)
find_program(INTERDICT_BPFTOOL NAMES bpftool HINTS /usr/sbin /sbin REQUIRED)
set(INTERDICT_BPF_DIR ${PROJECT_BINARY_DIR}/bpf)

execute_process(COMMAND ${INTERDICT_BPF_CLANG} -dumpversion OUTPUT_VARIABLE clang_version
                OUTPUT_STRIP_TRAILING_WHITESPACE)
if(clang_version VERSION_LESS 16)
    message(WARNING "${INTERDICT_BPF_CLANG} is version ${clang_version}; the BPF programs are tested with 16. "
                    "Install clang-16: make deps")
endif()

function(interdict_bpf_object name source)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEFINITIONS")
    list(TRANSFORM arg_DEFINITIONS PREPEND -D)
    cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE input)
    set(compiled ${INTERDICT_BPF_DIR}/${name}.compiled.o)
    set(object ${INTERDICT_BPF_DIR}/${name}.bpf.o)
    set(skeleton ${INTERDICT_BPF_DIR}/${name}.skel.h)
    file(MAKE_DIRECTORY ${INTERDICT_BPF_DIR})

    # <asm/types.h> lies in the host's multiarch folder, which clang does not search for the BPF target.
    add_custom_command(
        OUTPUT ${compiled}
        COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${INTERDICT_BPF_CLANG} -O2 -g -std=gnu11 -target bpf -mcpu=v3
                -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Werror ${arg_DEFINITIONS}
                -I${PROJECT_SOURCE_DIR} -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
                -MD -MF ${compiled}.d -MT ${compiled} -c ${input} -o ${compiled}
        DEPENDS ${input}
        DEPFILE ${compiled}.d
        COMMENT "BPF ${name}.bpf.o"
        VERBATIM)
    # The linker step drops the debug sections that only a debugger would read and keeps BTF.
    add_custom_command(
        OUTPUT ${object} ${skeleton}
        COMMAND ${INTERDICT_BPFTOOL} gen object ${object} ${compiled}
        COMMAND ${INTERDICT_BPFTOOL} gen skeleton ${object} name ${name} > ${skeleton}
        DEPENDS ${compiled}
        COMMENT "BPF ${name}.skel.h"
        VERBATIM)

    add_custom_target(${name}_bpf DEPENDS ${object} ${skeleton})
    add_library(${name}_skel INTERFACE)
    add_dependencies(${name}_skel ${name}_bpf)
    target_include_directories(${name}_skel SYSTEM INTERFACE ${INTERDICT_BPF_DIR})
    target_link_libraries(${name}_skel INTERFACE PkgConfig::libbpf)
    set_target_properties(${name}_skel PROPERTIES INTERDICT_BPF_OBJECT ${object})
endfunction()
