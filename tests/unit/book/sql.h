// SPDX-License-Identifier: Apache-2.0
//
// sql.h: behind the book's back.
#pragma once

#include <filesystem>
#include <string>

#include <sqlite3.h>

#include <catch2/catch_test_macros.hpp>

namespace interdict::testing {

inline void sql(const std::filesystem::path& file, const std::string& statements)
{
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    char* message = nullptr;
    const int code = sqlite3_exec(database, statements.c_str(), nullptr, nullptr, &message);
    const std::string text = message ? message : "";
    sqlite3_free(message);
    sqlite3_close(database);
    INFO(text);
    REQUIRE(code == SQLITE_OK);
}

} // namespace interdict::testing
