// SPDX-License-Identifier: Apache-2.0
#include "watch/observe.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/watch/names.h"

using namespace interdict;
using namespace interdict::watch;
using namespace interdict::watch::test;

namespace {

bool rests(const Watched& watched) { return at_rest(watched.snapshot().ipv4, settings().settled); }

} // namespace

TEST_CASE("observe: an address is at rest after three checks and a day, not before")
{
    Watched watched("a.example");
    watched.check(alive({"192.0.2.7"}), 2);
    CHECK_FALSE(rests(watched));
    watched.check(alive({"192.0.2.7"}));
    CHECK(rests(watched));
    Watched hasty("a.example");
    hasty.check(alive({"192.0.2.7"}), 24, kDay / 24); // 23 hours
    CHECK_FALSE(rests(hasty));
    hasty.check(alive({"192.0.2.7"}));
    CHECK(rests(hasty));
}

TEST_CASE("observe: where the watch begins is no change")
{
    Watched watched("a.example");
    watched.check(alive({"192.0.2.7"}), 6);
    CHECK(watched.snapshot().changes.empty());
    CHECK_FALSE(is_new(watched.snapshot().ipv4, "192.0.2.7"));
}

TEST_CASE("observe: a move is one change, with before and after")
{
    Watched watched("a.example");
    watched.check(alive({"192.0.2.7"}), 3).check(alive({"192.0.2.8"}), 2);
    CHECK(watched.snapshot().changes.empty());
    watched.check(alive({"192.0.2.8"}), 4);
    REQUIRE(watched.snapshot().changes.size() == 1);
    CHECK(watched.snapshot().changes[0].what == "ipv4");
    CHECK(watched.snapshot().changes[0].before == Texts{"192.0.2.7"});
    CHECK(watched.snapshot().changes[0].after == Texts{"192.0.2.8"});
    CHECK(is_new(watched.snapshot().ipv4, "192.0.2.8"));
}

TEST_CASE("observe: an address that comes and goes never comes to rest")
{
    Watched watched("a.example");
    for (int i = 0; i < 20; ++i) {
        watched.check(alive({i % 2 ? "192.0.2.7" : "192.0.2.8"}));
        CHECK_FALSE(rests(watched));
    }
    CHECK(watched.snapshot().changes.empty());
}

TEST_CASE("observe: a pool with ever new addresses never comes to rest, and its memory is bounded")
{
    Watched watched("a.example");
    for (int i = 0; i < 500; ++i)
        watched.check(alive({fmt::format("192.0.{}.{}", i / 250, i % 250)}), 1, 3600);
    CHECK_FALSE(rests(watched));
    CHECK(watched.snapshot().ipv4.values.size() == kValuesMax + 1);
}

TEST_CASE("observe: a round-robin set that always comes whole is at rest")
{
    Watched watched("a.example");
    watched.check(alive({"192.0.2.7", "192.0.2.8", "192.0.2.9"}), 3);
    CHECK(rests(watched));
    CHECK(watched.snapshot().changes.empty());
}

TEST_CASE("observe: a check without a quorum neither breaks nor lengthens a run")
{
    Watched watched("a.example");
    watched.check(alive({"192.0.2.7"}), 2).check(silent()).check_views({gone(), alive({}), silent()});
    CHECK(watched.snapshot().state == Agreed::State::Alive);
    CHECK(watched.snapshot().why ==
          "1 of 3 resolvers have the name, 1 have not, 1 say nothing; 2 must agree");
    CHECK_FALSE(rests(watched));
    CHECK(watched.snapshot().ipv4.values.at("192.0.2.7").checks == 2);
    watched.check(alive({"192.0.2.7"}));
    CHECK(rests(watched));
    CHECK(watched.snapshot().why.empty());
}

TEST_CASE("observe: every resolver another address: not at rest for as long as a change takes")
{
    Watched watched("a.example");
    watched.check(alive({"192.0.2.7"}), 3);
    watched.check_views({alive({"192.0.2.1"}), alive({"192.0.2.2"}), alive({"192.0.2.3"})});
    watched.check(alive({"192.0.2.7"}), 2);
    CHECK_FALSE(rests(watched));
    watched.check(alive({"192.0.2.7"}), 1);
    CHECK(rests(watched));
}

TEST_CASE("observe: death begins with the first check and ends with the first sign of life")
{
    Watched watched("a.example");
    watched.check(alive({"192.0.2.7"})).check(gone(), 2).check(gone("SERVFAIL"));
    CHECK(watched.snapshot().gone.checks == 3);
    CHECK(watched.snapshot().gone.since == kStart + kDay / 2);
    REQUIRE(watched.snapshot().changes.size() == 1);
    CHECK(watched.snapshot().changes[0].what == "state");
    watched.check(silent());
    CHECK(watched.snapshot().gone.checks == 3);
    watched.check(alive({}));
    CHECK(watched.snapshot().gone.checks == 0);
    CHECK(watched.snapshot().changes.size() == 2);
}

TEST_CASE("observe: a run lasts by checks and by time")
{
    const Patience patience{4, 10 * kDay};
    CHECK_FALSE(lasts({.since = 0, .last = 10 * kDay, .checks = 3}, patience));
    CHECK_FALSE(lasts({.since = 0, .last = 10 * kDay - 1, .checks = 4}, patience));
    CHECK(lasts({.since = 0, .last = 10 * kDay, .checks = 4}, patience));
    CHECK_FALSE(lasts({}, {1, 0}));
}

TEST_CASE("observe: a banner is one if all of the name servers are")
{
    auto with = settings();
    with.banners = {{.label = "Police", .name_servers = {"seized.example"}}};
    Watched half("a.example", with);
    half.check(alive({"192.0.2.7"}, {}, {"ns1.seized.example", "ns.host.example"}));
    CHECK(half.snapshot().taken.checks == 0);
    Watched whole("a.example", with);
    whole.check(alive({"192.0.2.7"}, {}, {"ns1.seized.example", "ns2.seized.example"}), 2);
    CHECK(whole.snapshot().taken.checks == 2);
    CHECK(whole.snapshot().taken_by == "Police");
    CHECK(whole.snapshot().taken_how == "name servers ns1.seized.example, ns2.seized.example");
    whole.check(alive({"192.0.2.7"}, {}, {"ns1.unseized.example"}));
    CHECK(whole.snapshot().taken.checks == 0);
}

TEST_CASE("observe: a banner by address or alias; another banner begins anew")
{
    auto with = settings();
    with.banners = {{.label = "Police", .prefixes = {order::parse_prefix("203.0.113.0/24").value()}},
                    {.label = "Lot", .kind = Takeover::Parked, .names = {"lot.example"}}};
    Watched watched("a.example", with);
    watched.check(alive({"203.0.113.9", "192.0.2.7"}));
    CHECK(watched.snapshot().taken.checks == 0);
    watched.check(alive({"203.0.113.9"}), 2);
    CHECK(watched.snapshot().taken.checks == 2);
    watched.check(alive({"192.0.2.7"}, {"a.lot.example"}));
    CHECK(watched.snapshot().taken.checks == 1);
    CHECK(watched.snapshot().taken_by == "Lot");
    CHECK(watched.snapshot().taken_kind == Takeover::Parked);
}

TEST_CASE("observe: what is written is read back as it was")
{
    Watched watched("a.example");
    watched.check(alive({"192.0.2.7"}, {"b.example"}), 3)
        .check(alive({"192.0.2.8"}), 4)
        .check(gone(), 2)
        .check_views({silent(), gone(), alive({})});
    const std::string text = write_snapshot(watched.snapshot());
    const auto read = read_snapshot(text);
    REQUIRE(read);
    CHECK(write_snapshot(*read) == text);
    CHECK(read->changes.size() == watched.snapshot().changes.size());
    CHECK(text.find('\n') == text.npos);
    CHECK_FALSE(read_snapshot("{}"));
    CHECK_FALSE(read_snapshot(text.substr(0, text.size() / 2)));
}
