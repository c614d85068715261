# SPDX-License-Identifier: Apache-2.0
# interdict_precompile_all(): every C++ target starts from headers that were parsed once, one set for what is shipped and
# one for the tests. What a file uses it includes nevertheless: -DINTERDICT_PRECOMPILE=OFF builds without, and is
# what ccache shares best between several source trees.
option(INTERDICT_PRECOMPILE "Parse the headers that most files include once" ON)

set(INTERDICT_PRODUCT_HEADERS
    <algorithm> <array> <charconv> <chrono> <expected> <filesystem> <functional> <map> <memory> <optional> <set> <span>
    <string> <string_view> <unordered_map> <utility> <vector> <fmt/format.h> <fmt/ranges.h> <nlohmann/json.hpp>)
set(INTERDICT_TEST_HEADERS
    ${INTERDICT_PRODUCT_HEADERS} <catch2/catch_test_macros.hpp> <catch2/matchers/catch_matchers_string.hpp>)

function(interdict_targets_below folder result)
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    foreach(below IN LISTS folders)
        interdict_targets_below(${below} more)
        list(APPEND targets ${more})
    endforeach()
    set(${result} ${targets} PARENT_SCOPE)
endfunction()

function(interdict_precompile_all)
    if(NOT INTERDICT_PRECOMPILE)
        return()
    endif()
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cpp CONTENT "")
    add_library(interdict_product_headers OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
    target_link_libraries(interdict_product_headers PRIVATE interdict_options fmt::fmt nlohmann_json::nlohmann_json)
    target_precompile_headers(interdict_product_headers PRIVATE ${INTERDICT_PRODUCT_HEADERS})
    if(TARGET interdict_catch)
        add_library(interdict_test_headers OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
        target_link_libraries(interdict_test_headers PRIVATE interdict_options interdict_catch fmt::fmt
                                                             nlohmann_json::nlohmann_json)
        target_precompile_headers(interdict_test_headers PRIVATE ${INTERDICT_TEST_HEADERS})
        target_compile_options(interdict_test_headers PRIVATE ${INTERDICT_TEST_OPTIONS})
    endif()

    interdict_targets_below(${PROJECT_SOURCE_DIR} targets)
    foreach(target IN LISTS targets)
        get_target_property(type ${target} TYPE)
        get_target_property(sources ${target} SOURCES)
        get_target_property(libraries ${target} LINK_LIBRARIES)
        get_target_property(options ${target} COMPILE_OPTIONS)
        if(NOT type MATCHES "EXECUTABLE|STATIC_LIBRARY" OR NOT sources MATCHES "\\.cpp" OR target MATCHES "_headers$")
            continue()
        endif()
        if(target STREQUAL interdict_catch)
            continue() # has the headers of the tests built against it
        elseif("${options}" STREQUAL "${INTERDICT_TEST_OPTIONS}")
            target_precompile_headers(${target} REUSE_FROM interdict_test_headers)
        elseif(libraries MATCHES "nlohmann_json" AND NOT libraries MATCHES "interdict_catch|interdict_harness")
            target_precompile_headers(${target} REUSE_FROM interdict_product_headers)
        endif()
    endforeach()
endfunction()
