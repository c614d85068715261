// SPDX-License-Identifier: Apache-2.0
#include "daemon/tokens.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <sys/stat.h>

#include "base/file.h"
#include "harness/temporary.h"

using namespace interdict;
using namespace interdict::daemon;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("tokens: a token is found by its text, and no file has that text")
{
    const testing::Temporary folder;
    Tokens tokens;
    const auto noc = tokens.add("noc", Role::Read, 100).value();
    const auto legal = tokens.add("legal", Role::Approve, 200).value();
    CHECK(noc != legal);
    CHECK(noc.size() >= 43); // 32 bytes in base 64
    REQUIRE(tokens.save(folder / "t.json"));
    const auto text = read_file(folder / "t.json").value();
    CHECK(text.find(noc) == text.npos);
    CHECK(text.find(noc.substr(12)) == text.npos);
    struct stat info = {};
    REQUIRE(::stat((folder / "t.json").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);

    const auto again = Tokens::load(folder / "t.json").value();
    REQUIRE(again.find(noc));
    CHECK(again.find(noc)->name == "noc");
    CHECK(again.find(noc)->role == Role::Read);
    CHECK(again.find(legal)->role == Role::Approve);
    CHECK(again.find(legal)->created == 200);
    CHECK_FALSE(again.find(noc + "x"));
    CHECK_FALSE(again.find(noc.substr(0, noc.size() - 1)));
    CHECK_FALSE(again.find(""));
}

TEST_CASE("tokens: one that is removed opens nothing any more, and a name is taken once")
{
    Tokens tokens;
    const auto text = tokens.add("noc", Role::Operate, 1).value();
    CHECK_FALSE(tokens.add("noc", Role::Read, 2));
    CHECK_FALSE(tokens.add("", Role::Read, 2));
    CHECK_FALSE(tokens.add("a b", Role::Read, 2));
    CHECK_FALSE(tokens.remove("other"));
    CHECK(tokens.remove("noc"));
    CHECK_FALSE(tokens.find(text));
}

TEST_CASE("tokens: a file that others may read, or that is damaged, is refused")
{
    const testing::Temporary folder;
    const auto file = folder / "t.json";
    REQUIRE(Tokens().save(file));
    CHECK(Tokens::load(file));
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    CHECK_THAT(Tokens::load(file).error().message, ContainsSubstring("chmod 600"));
    for (const char* text :
         {"", "{}", R"({"tokens": [{"name": "a", "role": "root", "hash": ""}]})", R"({"tokens": [7]})"}) {
        REQUIRE(write_file(file, text, 0600));
        CHECK_FALSE(Tokens::load(file));
    }
    CHECK_FALSE(Tokens::load(folder / "none"));
}
