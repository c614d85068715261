// SPDX-License-Identifier: Apache-2.0
#include "watch/decide.h"

#include <map>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "unit/watch/names.h"

using namespace interdict;
using namespace interdict::watch;
using namespace interdict::watch::test;
using book::ProposalKind;

namespace {

constexpr std::int64_t kExpiry = kStart + 90 * kDay;

// "a.example" with all below, "192.0.2.7/32" over TCP 443.
order::Item item_of(std::string_view text)
{
    order::Item item;
    if (text.find('/') == text.npos) {
        item.target.name.name = text;
        return item;
    }
    item.target.address.prefix = order::parse_prefix(text).value();
    item.target.address.protocol = 6;
    item.target.address.ports = {{443, 443}};
    item.expires = kExpiry;
    return item;
}

order::Order order_on(std::initializer_list<std::string_view> targets, bool dynamic = true)
{
    order::Order order;
    order.id = "it-1";
    order.dynamic = dynamic;
    for (const auto text : targets)
        order.targets.push_back(item_of(text));
    return order;
}

// Holds addresses in 198.51.100.0/24, which many sites share, and names at and below protected.example.
std::vector<guard::Finding> check(const order::Order& order)
{
    std::vector<guard::Finding> findings;
    for (const auto& item : order.targets) {
        guard::Finding finding;
        if (item.target.is_name()
                ? item.target.name.name == "protected.example" ||
                      order::is_below(item.target.name.name, "protected.example")
                : order::parse_prefix("198.51.100.0/24")->contains(item.target.address.prefix)) {
            finding.why = item.target.is_name() ? guard::Hold::Protected : guard::Hold::SharedAddress;
            finding.reason = item.target.is_name() ? "protected" : "shared";
            findings.push_back(finding);
        }
    }
    return findings;
}

class Case {
public:
    explicit Case(order::Order order) : order_(std::move(order)) {}

    Case& saw(const Watched& watched)
    {
        snapshots_[watched.name()] = watched.snapshot();
        time_ = std::max(time_, watched.last());
        return *this;
    }
    Case& candidate(const std::string& name)
    {
        settings_.candidates.push_back({"it-1", {name}});
        return *this;
    }
    Case& banner(Banner banner)
    {
        settings_.banners.push_back(std::move(banner));
        return *this;
    }
    Case& at(std::int64_t time)
    {
        time_ = time;
        return *this;
    }

    [[nodiscard]] Decision decide() const
    {
        return watch::decide(order_, snapshots_, settings_, check, time_);
    }
    // "successor 192.0.2.8/32 tcp 443 of 192.0.2.7/32 tcp 443; "
    [[nodiscard]] std::string said() const
    {
        std::string out;
        for (const auto& draft : decide().drafts) {
            const auto& proposal = draft.proposal;
            out += fmt::format("{} {}", kind(proposal.kind), to_string(proposal.item.target));
            out += proposal.of.empty() ? "; " : fmt::format(" of {}; ", proposal.of);
        }
        return out;
    }

private:
    static std::string_view kind(ProposalKind kind)
    {
        return kind == ProposalKind::Successor ? "successor"
               : kind == ProposalKind::Suspend ? "suspend"
                                               : "lift";
    }

    order::Order order_;
    Snapshots snapshots_;
    Settings settings_ = test::settings();
    std::int64_t time_ = 0;
};

Watched moved(const std::string& name, Texts before, Texts after, int checks = 3)
{
    Watched watched(name);
    watched.check(alive(std::move(before)), 3).check(alive(std::move(after)), checks + 1);
    return watched;
}

Watched steady(const std::string& name, Texts addresses)
{
    Watched watched(name);
    watched.check(alive(std::move(addresses)), 7);
    return watched;
}

} // namespace

TEST_CASE("decide: the service of an address target moves: its new address, with the old one's ports and end")
{
    const auto order = order_on({"192.0.2.7/32", "tv.example"});
    const auto decision = Case(order).saw(moved("tv.example", {"192.0.2.7"}, {"192.0.2.8"})).decide();
    REQUIRE(decision.drafts.size() == 1);
    const auto& draft = decision.drafts[0];
    CHECK(draft.proposal.kind == ProposalKind::Successor);
    CHECK(draft.proposal.order == "it-1");
    CHECK(to_string(draft.proposal.item.target) == "192.0.2.8/32 tcp 443");
    CHECK(draft.proposal.item.expires == kExpiry);
    CHECK(draft.proposal.of == "192.0.2.7/32 tcp 443");
    CHECK(draft.since == kStart + 3 * kDay / 2);
    CHECK(draft.summary == "tv.example, at 192.0.2.7 before, is now at 192.0.2.8");
    const auto evidence = nlohmann::json::parse(draft.proposal.evidence);
    CHECK(evidence["finding"] == "address moved");
    CHECK(evidence["left"] == true);
    CHECK(evidence["before"]["192.0.2.7"]["checks"] == 3);
    CHECK(evidence["after"]["192.0.2.8"]["first"] == format_timestamp(kStart + 3 * kDay / 2));
    CHECK(evidence["thresholds"]["quorum"] == 2);
    CHECK(evidence["views"].size() == 3);
    CHECK(evidence["views"][0]["ttl"] == 300);
}

TEST_CASE("decide: a move counts from the third check and a whole day on, not before")
{
    const auto order = order_on({"192.0.2.7/32", "tv.example"});
    Watched watched("tv.example");
    watched.check(alive({"192.0.2.7"}), 3).check(alive({"192.0.2.8"}), 2);
    CHECK(Case(order).saw(watched).said().empty());
    watched.check(alive({"192.0.2.8"}), 1);
    // The old address was seen half a day before the new one, so it is out of the window, too.
    CHECK(Case(order).saw(watched).said() == "successor 192.0.2.8/32 tcp 443 of 192.0.2.7/32 tcp 443; ");
}

TEST_CASE("decide: a move that goes back is none")
{
    Watched watched("tv.example");
    watched.check(alive({"192.0.2.7"}), 3).check(alive({"192.0.2.8"}), 2).check(alive({"192.0.2.7"}), 5);
    CHECK(Case(order_on({"192.0.2.7/32", "tv.example"})).saw(watched).said().empty());
}

TEST_CASE("decide: an address that joins the old one is proposed; the old one has not been left")
{
    const auto order = order_on({"192.0.2.7/32", "tv.example"});
    const Case one = Case(order).saw(moved("tv.example", {"192.0.2.7"}, {"192.0.2.7", "192.0.2.8"}));
    CHECK(one.said() == "successor 192.0.2.8/32 tcp 443 of 192.0.2.7/32 tcp 443; ");
    CHECK(nlohmann::json::parse(one.decide().drafts[0].proposal.evidence)["left"] == false);
}

TEST_CASE("decide: only dynamic orders get successors")
{
    const auto order = order_on({"192.0.2.7/32", "tv.example"}, false);
    CHECK(Case(order).saw(moved("tv.example", {"192.0.2.7"}, {"192.0.2.8"})).said().empty());
}

TEST_CASE("decide: addresses that the order does not name, or names already, give no successor")
{
    CHECK(
        Case(order_on({"tv.example"})).saw(moved("tv.example", {"192.0.2.7"}, {"192.0.2.8"})).said().empty());
    CHECK(Case(order_on({"192.0.2.6/32", "tv.example"}))
              .saw(moved("tv.example", {"192.0.2.7"}, {"192.0.2.8"}))
              .said()
              .empty());
    CHECK(Case(order_on({"192.0.2.7/32", "192.0.2.8/32", "tv.example"}))
              .saw(moved("tv.example", {"192.0.2.7"}, {"192.0.2.8"}))
              .said()
              .empty());
    // Within a wider prefix of the order nothing has changed.
    CHECK(Case(order_on({"192.0.2.0/28", "tv.example"}))
              .saw(moved("tv.example", {"192.0.2.7"}, {"192.0.2.8"}))
              .said()
              .empty());
    CHECK(Case(order_on({"192.0.2.0/29", "tv.example"}))
              .saw(moved("tv.example", {"192.0.2.7"}, {"192.0.2.8"}))
              .said() == "successor 192.0.2.8/32 tcp 443 of 192.0.2.0/29 tcp 443; ");
}

TEST_CASE("decide: an address target that has run out has no successor")
{
    const auto order = order_on({"192.0.2.7/32", "tv.example"});
    Case one = Case(order).saw(moved("tv.example", {"192.0.2.7"}, {"192.0.2.8"}));
    CHECK(one.at(kExpiry - 1).decide().drafts.size() == 1);
    CHECK(one.at(kExpiry).decide().drafts.empty());
}

TEST_CASE("decide: the order's own end limits the successor's")
{
    auto order = order_on({"192.0.2.7/32", "tv.example"});
    order.expires = kExpiry - kDay;
    const auto decision = Case(order).saw(moved("tv.example", {"192.0.2.7"}, {"192.0.2.8"})).decide();
    REQUIRE(decision.drafts.size() == 1);
    CHECK(decision.drafts[0].proposal.item.expires == kExpiry - kDay);
}

TEST_CASE("decide: to a shared address: the name instead, unless the order has it")
{
    const auto watched = moved("tv.example", {"192.0.2.7"}, {"198.51.100.8"});
    const Case candidate = Case(order_on({"192.0.2.7/32"})).candidate("tv.example").saw(watched);
    CHECK(candidate.said() == "successor tv.example of 192.0.2.7/32 tcp 443; ");
    CHECK(candidate.decide().drafts[0].proposal.item.expires == 0);
    const auto decision = Case(order_on({"192.0.2.7/32", "tv.example"})).saw(watched).decide();
    CHECK(decision.drafts.empty());
    REQUIRE(decision.notes.size() == 1);
    CHECK(decision.notes[0] ==
          "tv.example, at 192.0.2.7 before, is now at 198.51.100.8, which would be held: "
          "shared; the order names it already");
}

TEST_CASE("decide: to a shared address, by an order that can only block addresses: nothing")
{
    auto order = order_on({"192.0.2.7/32"});
    order.means = order::kAddressMeans;
    const auto decision = Case(order)
                              .candidate("tv.example")
                              .saw(moved("tv.example", {"192.0.2.7"}, {"198.51.100.8"}))
                              .decide();
    CHECK(decision.drafts.empty());
    CHECK(decision.notes.size() == 1);
}

TEST_CASE("decide: to a shared address, under a protected name: nothing")
{
    const auto decision = Case(order_on({"192.0.2.7/32"}))
                              .candidate("tv.protected.example")
                              .saw(moved("tv.protected.example", {"192.0.2.7"}, {"198.51.100.8"}))
                              .decide();
    CHECK(decision.drafts.empty());
    CHECK(decision.notes.size() == 1);
}

TEST_CASE("decide: round robin and pools give no successor")
{
    const auto order = order_on({"192.0.2.7/32", "tv.example"});
    Watched flapping("tv.example");
    for (int i = 0; i < 40; ++i)
        flapping.check(alive({i % 2 ? "192.0.2.7" : "192.0.2.8"}));
    CHECK(Case(order).saw(flapping).said().empty());
    Watched pool("tv.example");
    for (int i = 0; i < 40; ++i)
        pool.check(
            alive({fmt::format("192.0.2.{}", 7 + i % 11), fmt::format("192.0.2.{}", 7 + (i * 3) % 11)}));
    CHECK(Case(order).saw(pool).said().empty());
    Watched whole("tv.example");
    whole.check(alive({"192.0.2.7", "192.0.2.8"}), 40);
    CHECK(Case(order).saw(whole).said().empty());
}

TEST_CASE("decide: an address of the other family does not hide a move")
{
    const auto view = [](std::string ipv4) {
        View out = alive({std::move(ipv4)});
        out.ipv6 = {"2001:db8::7"};
        return out;
    };
    Watched watched("tv.example");
    watched.check(view("192.0.2.7"), 3).check(view("192.0.2.8"), 3);
    CHECK(Case(order_on({"192.0.2.7/32", "tv.example"})).saw(watched).said() ==
          "successor 192.0.2.8/32 tcp 443 of 192.0.2.7/32 tcp 443; ");
}

TEST_CASE("decide: one lying resolver of three proposes nothing")
{
    Watched watched("tv.example");
    watched.check(alive({"192.0.2.7"}), 3);
    for (int i = 0; i < 60; ++i)
        watched.check_views({alive({"192.0.2.7"}), alive({"203.0.113.66"}), alive({"192.0.2.7"})});
    for (int i = 0; i < 60; ++i)
        watched.check_views({alive({"192.0.2.7"}), gone(), alive({"192.0.2.7"})});
    CHECK(Case(order_on({"192.0.2.7/32", "tv.example"})).saw(watched).said().empty());
}

TEST_CASE("decide: a name becomes an alias of another domain")
{
    Watched watched("old.example");
    watched.check(alive({"192.0.2.7"}), 3).check(alive({"192.0.2.9"}, {"hop.example", "new.test"}), 3);
    const auto decision = Case(order_on({"old.example"})).saw(watched).decide();
    REQUIRE(decision.drafts.size() == 1);
    CHECK(to_string(decision.drafts[0].proposal.item.target) == "new.test");
    CHECK(decision.drafts[0].proposal.of == "old.example and below");
    CHECK(decision.drafts[0].summary == "old.example is now an alias of new.test");
}

TEST_CASE(
    "decide: an alias within the domain, of a shared host, of a protected or a blocked name is no successor")
{
    const auto said = [](std::initializer_list<std::string_view> targets, const std::string& end,
                         const std::string& address) {
        Watched watched("old.site.org");
        watched.check(alive({"192.0.2.7"}), 3).check(alive({address}, {end}), 3);
        return Case(order_on(targets)).saw(watched).said();
    };
    CHECK(said({"old.site.org"}, "new.test", "192.0.2.9") ==
          "successor new.test of old.site.org and below; ");
    CHECK(said({"old.site.org"}, "www.site.org", "192.0.2.9").empty());
    CHECK(said({"old.site.org"}, "new.test", "198.51.100.9").empty());
    CHECK(said({"old.site.org"}, "cdn.protected.example", "192.0.2.9").empty());
    CHECK(said({"old.site.org", "new.test"}, "www.new.test", "192.0.2.9").empty());
}

TEST_CASE("decide: an alias that was there from the beginning is no move")
{
    Watched watched("old.example");
    watched.check(alive({"192.0.2.7"}, {"new.test"}), 8);
    CHECK(Case(order_on({"old.example"})).saw(watched).said().empty());
}

TEST_CASE("decide: a candidate at an address of the order's, alone there, is a successor")
{
    const auto order = order_on({"old.example"});
    CHECK(Case(order)
              .candidate("mirror.test")
              .saw(steady("old.example", {"192.0.2.7"}))
              .saw(steady("mirror.test", {"192.0.2.7"}))
              .said() == "successor mirror.test of old.example and below; ");
    // Also at an address that the target had before it died.
    Watched dead("old.example");
    dead.check(alive({"192.0.2.7"}), 3).check(gone(), 3);
    CHECK(Case(order).candidate("mirror.test").saw(dead).saw(steady("mirror.test", {"192.0.2.7"})).said() ==
          "successor mirror.test of old.example and below; ");
    CHECK(Case(order_on({"192.0.2.0/24"}))
              .candidate("mirror.test")
              .saw(steady("mirror.test", {"192.0.2.7"}))
              .said() == "successor mirror.test of 192.0.2.0/24 tcp 443; ");
}

TEST_CASE("decide: a candidate elsewhere, at a shared address, or below a target is not")
{
    const auto said = [](const std::string& name, const std::string& address, const std::string& own) {
        return Case(order_on({"old.example"}))
            .candidate(name)
            .saw(steady("old.example", {own}))
            .saw(steady(name, {address}))
            .said();
    };
    CHECK(said("mirror.test", "192.0.2.8", "192.0.2.7").empty());
    CHECK(said("mirror.test", "198.51.100.7", "198.51.100.7").empty());
    CHECK(said("www.old.example", "192.0.2.7", "192.0.2.7").empty());
    CHECK(said("x.protected.example", "192.0.2.7", "192.0.2.7").empty());
}

TEST_CASE("decide: a candidate of an order that is not dynamic, or exempt from it, is not")
{
    auto order = order_on({"old.example"});
    order.exempt = {{"mirror.test", order::Match::Subtree}};
    const auto said = [](const order::Order& one) {
        return Case(one)
            .candidate("mirror.test")
            .saw(steady("old.example", {"192.0.2.7"}))
            .saw(steady("mirror.test", {"192.0.2.7"}))
            .said();
    };
    CHECK(said(order).empty());
    order.exempt.clear();
    CHECK(said(order) == "successor mirror.test of old.example and below; ");
    order.dynamic = false;
    CHECK(said(order).empty());
}

TEST_CASE("decide: seized by its name servers: suspend, in any order, after three checks and a day")
{
    auto with = settings();
    with.banners = {{.label = "Police", .name_servers = {"seized.example"}}};
    Watched watched("a.example", with);
    watched.check(alive({"192.0.2.7"}), 3).check(alive({"203.0.113.9"}, {}, {"ns1.seized.example"}), 2);
    CHECK(Case(order_on({"a.example"}, false)).saw(watched).said().empty());
    watched.check(alive({"203.0.113.9"}, {}, {"ns1.seized.example"}));
    const auto decision = Case(order_on({"a.example"}, false)).saw(watched).decide();
    REQUIRE(decision.drafts.size() == 1);
    CHECK(decision.drafts[0].proposal.kind == ProposalKind::Suspend);
    CHECK(decision.drafts[0].summary ==
          "a.example and below is seized: Police, name servers ns1.seized.example");
    const auto evidence = nlohmann::json::parse(decision.drafts[0].proposal.evidence);
    CHECK(evidence["banner"]["kind"] == "seized");
    CHECK(evidence["banner"]["checks"] == 3);
}

TEST_CASE("decide: where a banner stands is no successor")
{
    auto with = settings();
    with.banners = {{.label = "Police", .name_servers = {"seized.example"}}};
    Watched watched("tv.example", with);
    watched.check(alive({"192.0.2.7"}), 3)
        .check(alive({"203.0.113.9"}, {"banner.test"}, {"ns1.seized.example"}), 6);
    CHECK(Case(order_on({"192.0.2.7/32", "tv.example"})).saw(watched).said() ==
          "suspend tv.example and below; ");
}

TEST_CASE("decide: an address target within a banner's prefix: suspend")
{
    const Banner police{.label = "Police", .prefixes = {order::parse_prefix("203.0.113.0/24").value()}};
    CHECK(Case(order_on({"203.0.113.9/32"}, false)).banner(police).said() ==
          "suspend 203.0.113.9/32 tcp 443; ");
    CHECK(Case(order_on({"203.0.112.0/23"}, false)).banner(police).said().empty());
}

TEST_CASE("decide: dead: lift after four checks and ten days, NXDOMAIN and SERVFAIL together")
{
    const auto order = order_on({"a.example"}, false);
    const auto said = [&](int checks, std::int64_t apart) {
        Watched watched("a.example");
        watched.check(alive({"192.0.2.7"})).check(gone(), checks - 1, apart).check(gone("SERVFAIL"));
        return Case(order).saw(watched).said();
    };
    CHECK(said(4, 10 * kDay / 3) == "lift a.example and below; ");
    CHECK(said(4, 10 * kDay / 3 - 1).empty());
    CHECK(said(3, 10 * kDay).empty());
    CHECK(said(40, kDay / 4).empty());
    CHECK(said(41, kDay / 4) == "lift a.example and below; ");
}

TEST_CASE("decide: one sign of life begins the count anew")
{
    Watched watched("a.example");
    watched.check(gone(), 30).check(alive({})).check(gone(), 19);
    CHECK(Case(order_on({"a.example"})).saw(watched).said().empty());
    watched.check(gone(), 2);
    CHECK(Case(order_on({"a.example"})).saw(watched).said() == "lift a.example and below; ");
}

TEST_CASE("decide: what somebody decided since it began is not asked again; what began anew is")
{
    Watched watched("a.example");
    watched.check(gone(), 30);
    const auto decision = Case(order_on({"a.example"})).saw(watched).decide();
    REQUIRE(decision.drafts.size() == 1);
    const Draft& draft = decision.drafts[0];
    auto other = draft.proposal;
    const auto decided = [&] { return was_decided(draft, std::span(&other, 1)); };
    CHECK_FALSE(decided()); // still open: the book finds it
    other.state = book::ProposalState::Rejected;
    other.decided = draft.since;
    CHECK(decided());
    other.decided = draft.since - 1;
    CHECK_FALSE(decided());
    other.decided = draft.since;
    other.kind = ProposalKind::Suspend;
    CHECK_FALSE(decided());
}
