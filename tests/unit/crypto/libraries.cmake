# SPDX-License-Identifier: Apache-2.0
# The ciphers are C; OpenSSL makes what they are compared with.
include(${PROJECT_SOURCE_DIR}/tests/harness/quic.cmake)
set(libraries interdict_quic_reader)
