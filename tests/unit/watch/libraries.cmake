# SPDX-License-Identifier: Apache-2.0
set(libraries nlohmann_json::nlohmann_json)
