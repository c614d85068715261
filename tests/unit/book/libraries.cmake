# SPDX-License-Identifier: Apache-2.0
# The tests look into the tables and damage them.
set(libraries PkgConfig::sqlite3 nlohmann_json::nlohmann_json)
