# SPDX-License-Identifier: Apache-2.0
set(libraries PkgConfig::sqlite3 nlohmann_json::nlohmann_json)
