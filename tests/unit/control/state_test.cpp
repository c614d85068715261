// SPDX-License-Identifier: Apache-2.0
#include "control/state.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace interdict::control;

namespace {

// A directory of its own, gone at the end.
class Directory {
public:
    Directory()
    {
        std::string name = (std::filesystem::temp_directory_path() / "interdict-state-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()));
        path_ = name;
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace

TEST_CASE("refusals are kept with the kernel's words, and the next bring-up replaces them")
{
    const Directory directory;
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
    const Directory directory;
    const State state(directory.path() / "state");
    REQUIRE(state.note_refusals({}));
    CHECK_FALSE(std::filesystem::exists(directory.path() / "state"));
    REQUIRE(state.note_refusals({{"quic", "words"}}));
    REQUIRE(state.note_refusals({}));
    CHECK(state.refusals().empty());
}

TEST_CASE("a damaged file of refusals says nothing rather than something wrong")
{
    const Directory directory;
    const State state(directory.path());
    for (const char* text : {"", "{", "[]", "{\"quic\": 7}"}) {
        std::ofstream(directory.path() / "refused.json") << text;
        CHECK(state.refusals().empty());
    }
}
