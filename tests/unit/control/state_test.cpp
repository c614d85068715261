// SPDX-License-Identifier: Apache-2.0
#include "control/state.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include "harness/temporary.h"

using namespace interdict;
using namespace interdict::control;

TEST_CASE("refusals are kept with the kernel's words, and the next bring-up replaces them")
{
    const testing::Temporary directory;
    const State state(directory.path() / "state");
    CHECK(state.refusals().empty());
    const Refusals refusals{{"quic", "the kernel refuses the program\nline \"two\""}, {"dns", ""}};
    REQUIRE(state.note_refusals(refusals));
    CHECK(state.refusals() == refusals);
    REQUIRE(state.note_refusals({{"quic", "other words"}}));
    CHECK(state.refusals() == Refusals{{"quic", "other words"}});
}

TEST_CASE("nothing refused: nothing is kept, and no directory is made for it")
{
    const testing::Temporary directory;
    const State state(directory.path() / "state");
    REQUIRE(state.note_refusals({}));
    CHECK_FALSE(std::filesystem::exists(directory.path() / "state"));
    REQUIRE(state.note_refusals({{"quic", "words"}}));
    REQUIRE(state.note_refusals({}));
    CHECK(state.refusals().empty());
}

TEST_CASE("a damaged file of refusals says nothing rather than something wrong")
{
    const testing::Temporary directory;
    const State state(directory.path());
    for (const char* text : {"", "{", "[]", "{\"quic\": 7}"}) {
        std::ofstream(directory.path() / "refused.json") << text;
        CHECK(state.refusals().empty());
    }
}

TEST_CASE("rule sets that kept patches rest on are kept, however far back; others go")
{
    const testing::Temporary directory;
    const State state(directory.path() / "state");
    REQUIRE(state.make());
    const auto full = [](unsigned number) { return fmt::format("{:016x}{:048}", number, 0); };
    REQUIRE(state.keep(1, full(1), "old"));
    REQUIRE(state.keep(2, full(2), "base"));
    for (unsigned number = 4; number <= 40; number += 2)
        REQUIRE(state.keep_patch(number, full(number), full(number - 2), "patch"));
    REQUIRE(state.settle(40));
    CHECK(state.patches(full(40)) == 19);
    CHECK(state.patches(full(2)) == 0);
    CHECK(state.patches(full(99)) == 0);
    CHECK_FALSE(std::filesystem::exists(state.file(1, full(1))));
    CHECK(std::filesystem::exists(state.file(2, full(2))));
    // Ten whole ones later nothing rests on them.
    for (unsigned number = 41; number <= 50; ++number)
        REQUIRE(state.keep(number, full(number), "whole"));
    REQUIRE(state.settle(50));
    CHECK(state.patches(full(40)) == 0);
    CHECK_FALSE(std::filesystem::exists(state.file(2, full(2))));
}

TEST_CASE("a retiring.jsonl that a power cut left empty is none, one that is cut off is an error")
{
    const testing::Temporary directory;
    const State state(directory.path());
    std::ofstream(directory.path() / "retired.jsonl") << "{\"rule\":1}\n";
    for (const std::string& text : {std::string(), std::string(512, '\0')}) {
        std::ofstream(directory.path() / "retiring.jsonl") << text;
        CHECK(state.retire({}));
        CHECK(std::filesystem::file_size(directory.path() / "retired.jsonl") == 11);
    }
    std::ofstream(directory.path() / "retiring.jsonl")
        << R"({"before":"a","generation":2,"after":"b","offset":0,"rules":2})"
        << "\n{\"rule\":1}\n";
    const auto cut = state.retire({});
    REQUIRE_FALSE(cut);
    CHECK(cut.error().message.find("1 of 2 rules") != std::string::npos);
    CHECK(std::filesystem::file_size(directory.path() / "retired.jsonl") == 11);
}
