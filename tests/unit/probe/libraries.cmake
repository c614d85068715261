# SPDX-License-Identifier: Apache-2.0
# Initials are compared with what OpenSSL makes of the same frames.
include(${PROJECT_SOURCE_DIR}/tests/harness/quic.cmake)
set(libraries interdict_quic_packets)
