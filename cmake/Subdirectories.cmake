# SPDX-License-Identifier: Apache-2.0

set(INTERDICT_SKIP "" CACHE STRING
    "Folders to leave out, e.g. userspace/plane;tests/plane, while they do not build")

# Adds a folder of the current directory if it has a CMakeLists.txt.
function(interdict_add_if_present folder)
    set(path ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
    cmake_path(RELATIVE_PATH path BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE name)
    if(EXISTS ${path}/CMakeLists.txt AND NOT name IN_LIST INTERDICT_SKIP)
        add_subdirectory(${folder})
    endif()
endfunction()

# Adds every folder below <parent> that has a CMakeLists.txt.
function(interdict_add_each_folder parent)
    file(GLOB lists CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}
         ${CMAKE_CURRENT_SOURCE_DIR}/${parent}/*/CMakeLists.txt)
    foreach(list IN LISTS lists)
        get_filename_component(folder ${list} DIRECTORY)
        interdict_add_if_present(${folder})
    endforeach()
endfunction()
