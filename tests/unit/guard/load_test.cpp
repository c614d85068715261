// SPDX-License-Identifier: Apache-2.0
#include "guard/load.h"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "harness/temporary.h"
#include "orders.h"

using namespace interdict;
using namespace interdict::guard;

namespace {

constexpr std::int64_t kNow = 1'700'000'000;

// A folder with a settings file and one list, gone at the end.
class Folder {
public:
    Folder()
    {
        write("guard.json", R"({"lists": [{"label": "Top: sites", "file": "top.txt", "min_entries": 2,
                                           "max_drop_percent": 50, "max_age": "P1D"}]})");
    }
    void write(const std::string& file, std::string_view text, std::int64_t time = kNow)
    {
        REQUIRE(write_file(path_ / file, text));
        const timespec times[2] = {{time, 0}, {time, 0}};
        REQUIRE(::utimensat(AT_FDCWD, (path_ / file).c_str(), times, 0) == 0);
    }

    std::expected<Loaded, std::vector<order::Problem>> load(Keep keep = Keep::Yes,
                                                            std::int64_t now = kNow) const
    {
        return guard::load(path_ / "guard.json", path_ / "kept", keep, now);
    }

    testing::Temporary folder_;
    std::filesystem::path path_ = folder_.path();
};

} // namespace

TEST_CASE("a list is taken, kept, and the copy goes on when the file is empty, gone, shrunken or no list")
{
    Folder folder;
    folder.write("top.txt", "a.example\nb.example\nc.example\nd.example\n");
    auto loaded = folder.load();
    REQUIRE(loaded);
    CHECK_FALSE(loaded->degraded());
    const std::string digest = loaded->guard.digest();
    CHECK(std::filesystem::exists(folder.path_ / "kept/Top_3a_20sites.list"));

    const auto goes_on = [&] {
        const auto again = folder.load();
        REQUIRE(again);
        CHECK(again->degraded());
        CHECK(again->states[0].kept);
        CHECK(again->guard.digest() == digest);
        CHECK(held(again->guard, "www.d.example") == "protected Top: sites d.example and below");
        return again->states[0].trouble;
    };
    folder.write("top.txt", "");
    CHECK(
        goes_on().find("has 0 entries, fewer than min_entries, 2; the copy of 2023-11-14T22:13:20Z with 4") !=
        std::string::npos);
    folder.write("top.txt", "x\ny\nz\n");
    goes_on();
    std::filesystem::remove(folder.path_ / "top.txt");
    goes_on();
    // At the limit of half the entries it replaces the copy.
    folder.write("top.txt", "a.example\nb.example\n");
    loaded = folder.load();
    REQUIRE(loaded);
    CHECK_FALSE(loaded->degraded());
    CHECK(held(loaded->guard, "d.example") == "");
    // And from that copy on, it is 2 that counts.
    folder.write("top.txt", "a.example\n");
    CHECK(folder.load()->states[0].kept);
}

TEST_CASE("without a last good copy a bad list is an error, and without Keep::Yes no copy is made")
{
    Folder folder;
    folder.write("top.txt", "a.example\nb.example\n");
    REQUIRE(folder.load(Keep::No));
    CHECK_FALSE(std::filesystem::exists(folder.path_ / "kept"));
    folder.write("top.txt", "a.example\n");
    const auto loaded = folder.load(Keep::No);
    REQUIRE_FALSE(loaded);
    REQUIRE(loaded.error().size() == 1);
    CHECK(loaded.error()[0].message.find("has 1 entries, fewer than min_entries, 2") != std::string::npos);
    CHECK(loaded.error()[0].remedy == "fetch it anew; there is no last good copy");
}

TEST_CASE("an old list goes on, and is said to be old from the first second beyond max_age")
{
    Folder folder;
    folder.write("top.txt", "a.example\nb.example\n", kNow - 86'400);
    CHECK_FALSE(folder.load()->degraded());
    const auto loaded = folder.load(Keep::Yes, kNow + 1);
    REQUIRE(loaded);
    CHECK(loaded->states[0].stale);
    CHECK_FALSE(loaded->states[0].kept);
    CHECK(held(loaded->guard, "a.example") != "");
    // The copy has the list's age, not its own.
    std::filesystem::remove(folder.path_ / "top.txt");
    CHECK(folder.load(Keep::Yes, kNow + 1)->states[0].stale);
}

TEST_CASE("entries that cannot be read are told and left out; the list stands")
{
    Folder folder;
    folder.write("top.txt", "a.example\nb.example\ncom\n");
    const auto loaded = folder.load();
    REQUIRE(loaded);
    CHECK(loaded->degraded());
    CHECK_FALSE(loaded->states[0].kept);
    REQUIRE(loaded->states[0].problems.size() == 1);
    CHECK(loaded->states[0].problems[0].line == 3);
}

TEST_CASE("settings: none is what is built in, a missing or bad file is an error")
{
    Folder folder;
    const auto builtin = load({}, folder.path_ / "kept", Keep::Yes, kNow);
    REQUIRE(builtin);
    CHECK(builtin->guard.digest() == guard_of().digest());
    CHECK_FALSE(load(folder.path_ / "nowhere.json", {}, Keep::No, kNow));
    folder.write("guard.json", R"({"list": []})");
    const auto bad = folder.load();
    REQUIRE_FALSE(bad);
    CHECK(bad.error()[0].json_path == "$.list");
}
