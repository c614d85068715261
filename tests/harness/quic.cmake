# SPDX-License-Identifier: Apache-2.0
# interdict_quic_packets: protected Initials by way of OpenSSL. interdict_quic_reader: the reader of bpf/ on the host.
if(NOT TARGET interdict_quic_packets)
    add_library(interdict_quic_packets STATIC ${CMAKE_CURRENT_LIST_DIR}/quic.cpp ${CMAKE_CURRENT_LIST_DIR}/quic_samples.cpp
                ${CMAKE_CURRENT_LIST_DIR}/packet.cpp)
    target_include_directories(interdict_quic_packets PUBLIC ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(interdict_quic_packets PUBLIC interdict_options PRIVATE OpenSSL::Crypto)

    add_library(interdict_quic_reader STATIC ${CMAKE_CURRENT_LIST_DIR}/quic_reader.c)
    target_link_libraries(interdict_quic_reader PUBLIC interdict_quic_packets)
endif()
