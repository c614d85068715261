# SPDX-License-Identifier: Apache-2.0
# Everything comes from Debian 12; tools/setup/install-dependencies installs it.

find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED) # TLS of the API; makes the QUIC packets of tests
if(INTERDICT_TESTS)
    find_package(Catch2 REQUIRED) # 3 where there is one; see CatchTest.cmake
endif()

# Linked as PkgConfig::libbpf, PkgConfig::libxdp and so on.
find_package(PkgConfig REQUIRED)
foreach(module libbpf libxdp libidn2 libpsl libsodium libpcap sqlite3 libcurl libcares cpp-httplib prometheus-cpp-core)
    pkg_check_modules(${module} REQUIRED IMPORTED_TARGET ${module})
endforeach()
