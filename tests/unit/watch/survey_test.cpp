// SPDX-License-Identifier: Apache-2.0
#include "watch/survey.h"

#include <map>

#include <catch2/catch_test_macros.hpp>

#include "unit/watch/names.h"

using namespace interdict;
using namespace interdict::watch;
using namespace interdict::watch::test;

namespace {

Reply answer(std::vector<Record> records, unsigned rcode = kNoError)
{
    Reply reply;
    reply.message = Message{.rcode = rcode, .answers = std::move(records), .extended_error = {}};
    return reply;
}

Reply filtered(unsigned rcode, std::uint16_t error)
{
    Reply reply = answer({}, rcode);
    reply.message->extended_error = error;
    return reply;
}

Reply none() { return {.message = {}, .fault = "no answer"}; }

Record a(const std::string& owner, const std::string& address) { return {owner, Type::A, 300, address}; }

// What one resolver says of a.example, if A and AAAA are answered so.
View view_of(const Reply& a_reply, const Reply& aaaa_reply, std::vector<order::Prefix> stop_pages = {})
{
    const Method method{.resolvers = {parse_server("192.0.2.53").value()},
                        .stop_pages = std::move(stop_pages)};
    const std::vector<std::string> names{"a.example"};
    const auto surveys = survey(names, method, [&](std::span<const Question> questions) -> Result<Replies> {
        Replies replies;
        for (const auto& question : questions)
            replies.push_back({question.type == Type::A      ? a_reply
                               : question.type == Type::Aaaa ? aaaa_reply
                                                             : answer({})});
        return replies;
    });
    REQUIRE(surveys);
    REQUIRE(surveys->size() == 1);
    REQUIRE(surveys->front().views.size() == 1);
    return surveys->front().views.front();
}

Agreed::State state_of(std::vector<View> views, unsigned quorum = 2)
{
    return agree({"a.example", std::move(views)}, quorum).state;
}

} // namespace

TEST_CASE("survey: a name with an address is alive; so is one with none")
{
    const auto view = view_of(answer({a("a.example", "192.0.2.7"), a("a.example", "192.0.2.8")}), answer({}));
    CHECK(view.verdict == Verdict::Alive);
    CHECK(view.ipv4 == Texts{"192.0.2.7", "192.0.2.8"});
    CHECK(view.ttl == 300);
    CHECK(view_of(answer({}), answer({})).verdict == Verdict::Alive);
}

TEST_CASE("survey: NXDOMAIN and SERVFAIL are gone, unless AAAA is there")
{
    CHECK(view_of(answer({}, kNxDomain), answer({}, kNxDomain)).verdict == Verdict::Gone);
    CHECK(view_of(answer({}, kServFail), answer({}, kServFail)).verdict == Verdict::Gone);
    const auto view = view_of(answer({}, kServFail), answer({{"a.example", Type::Aaaa, 60, "2001:db8::7"}}));
    CHECK(view.verdict == Verdict::Alive);
    CHECK(view.ipv6 == Texts{"2001:db8::7"});
}

TEST_CASE("survey: silence, REFUSED and a filter's own word are no vote")
{
    CHECK(view_of(none(), none()).verdict == Verdict::None);
    CHECK(view_of(none(), answer({})).verdict == Verdict::None);
    CHECK(view_of(answer({}, kRefused), answer({}, kRefused)).verdict == Verdict::None);
    for (const std::uint16_t error : {15, 16, 17}) {
        const auto view = view_of(filtered(kNxDomain, error), filtered(kNxDomain, error));
        CHECK(view.verdict == Verdict::None);
        CHECK(view.why == fmt::format("a filter answers (extended error {})", error));
    }
    CHECK(view_of(filtered(kNxDomain, 14), filtered(kNxDomain, 14)).verdict == Verdict::Gone);
    CHECK(view_of(filtered(kNxDomain, 18), filtered(kNxDomain, 18)).verdict == Verdict::Gone);
}

TEST_CASE("survey: the address of a stop page is no vote")
{
    const std::vector stop{order::parse_prefix("203.0.113.0/24").value()};
    CHECK(view_of(answer({a("a.example", "203.0.113.9")}), answer({}), stop).verdict == Verdict::None);
    CHECK(view_of(answer({a("a.example", "203.0.112.9")}), answer({}), stop).verdict == Verdict::Alive);
}

TEST_CASE("survey: aliases in any order, up to their end; a loop ends")
{
    const auto view = view_of(answer({{"b.example", Type::Cname, 60, "c.example"},
                                      a("c.example", "192.0.2.7"),
                                      {"a.example", Type::Cname, 60, "b.example"}}),
                              answer({}));
    CHECK(view.chain == std::vector<std::string>{"b.example", "c.example"});
    const auto loop = view_of(
        answer({{"a.example", Type::Cname, 60, "b.example"}, {"b.example", Type::Cname, 60, "a.example"}}),
        answer({}));
    CHECK(loop.chain == std::vector<std::string>{"b.example"});
}

TEST_CASE("survey: name servers are asked of the registered domain, each domain once")
{
    CHECK(registered_domain("www.shop.example.co.uk") == "example.co.uk");
    CHECK(registered_domain("tv.ddns.net") == "tv.ddns.net");
    CHECK(registered_domain("co.uk") == "co.uk");
    const Method method{.resolvers = {parse_server("192.0.2.53").value()}, .stop_pages = {}};
    const std::vector<std::string> names{"a.site.org", "b.site.org"};
    std::size_t asked = 0;
    const auto surveys = survey(names, method, [&](std::span<const Question> questions) -> Result<Replies> {
        Replies replies;
        for (const auto& question : questions) {
            if (question.type == Type::Ns) {
                ++asked;
                CHECK(question.name == "site.org");
            }
            replies.push_back({answer({{"site.org", Type::Ns, 60, "ns1.host.example"}})});
        }
        return replies;
    });
    CHECK(asked == 1);
    REQUIRE(surveys);
    CHECK((*surveys)[1].views[0].name_servers == Texts{"ns1.host.example"});
}

TEST_CASE("agree: two of three, and no fewer")
{
    using State = Agreed::State;
    CHECK(state_of({alive({"192.0.2.7"}), alive({"192.0.2.7"}), gone()}) == State::Alive);
    CHECK(state_of({gone(), gone("SERVFAIL"), alive({"192.0.2.7"})}) == State::Gone);
    CHECK(state_of({gone(), alive({}), silent()}) == State::Undecided);
    CHECK(state_of({silent(), silent(), alive({})}) == State::Undecided);
    CHECK(state_of({silent(), silent(), gone()}) == State::Undecided);
    CHECK(agree({"a.example", {gone("SERVFAIL"), gone("SERVFAIL"), gone()}}, 2).rcode == "SERVFAIL");
}

TEST_CASE("agree: an address that one resolver alone has does not count")
{
    const auto agreed = agree(
        {"a.example", {alive({"192.0.2.7"}), alive({"192.0.2.7", "192.0.2.8"}), alive({"192.0.2.9"})}}, 2);
    CHECK(agreed.ipv4.values == Texts{"192.0.2.7"});
    CHECK_FALSE(agreed.ipv4.scattered);
    CHECK(agreed.canonical.values == Texts{"a.example"});
}

TEST_CASE("agree: ever other addresses are scattered; none at all is not")
{
    const auto agreed =
        agree({"a.example", {alive({"192.0.2.7"}), alive({"192.0.2.8"}), alive({"192.0.2.9"})}}, 2);
    CHECK(agreed.ipv4.values.empty());
    CHECK(agreed.ipv4.scattered);
    CHECK_FALSE(agreed.ipv6.scattered);
    CHECK_FALSE(agree({"a.example", {alive({}), alive({}), alive({"192.0.2.9"})}}, 2).ipv4.scattered);
}
