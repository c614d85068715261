// SPDX-License-Identifier: Apache-2.0
#include "guard/guard.h"

#include <set>

#include <catch2/catch_test_macros.hpp>

#include "orders.h"

using namespace interdict;
using namespace interdict::guard;

TEST_CASE("names: a protected name holds itself, what is below, and a subtree above")
{
    const Guard guard = guard_of({list_of("top", ListKind::Protected, {"google.com", "=www.kept.example"})});
    CHECK(held(guard, "google.com") == "protected top google.com and below");
    CHECK(held(guard, "=google.com") == "protected top google.com and below");
    CHECK(held(guard, "drive.usercontent.google.com") == "protected top google.com and below");
    CHECK(held(guard, "=drive.usercontent.google.com") == "protected top google.com and below");
    CHECK(held(guard, "notgoogle.com") == "");
    CHECK(held(guard, "google.com.example") == "");

    CHECK(held(guard, "kept.example") == "protected top www.kept.example");
    CHECK(held(guard, "=kept.example") == "");
    CHECK(held(guard, "=www.kept.example") == "protected top www.kept.example");
    CHECK(held(guard, "below.www.kept.example") == "");
}

TEST_CASE("names: an exemption spares what is protected below a subtree")
{
    const Guard guard =
        guard_of({list_of("top", ListKind::Protected, {"a.site.example", "=b.site.example"})});
    auto order = order_on({"site.example"});
    CHECK(held(guard, order) == "protected top a.site.example and below");
    order.exempt = {{"a.site.example", order::Match::Subtree}};
    CHECK(held(guard, order) == "protected top b.site.example");
    order.exempt.push_back({"b.site.example", order::Match::Exact});
    CHECK(held(guard, order) == "");
    // Exempt without what is below it: a.site.example protects that, too.
    order.exempt[0].match = order::Match::Exact;
    CHECK(held(guard, order) == "protected top a.site.example and below");
    order.exempt = {{"site.example", order::Match::Subtree}};
    CHECK(held(guard, order) == "");
}

TEST_CASE("prefixes: containment both ways, nothing next door")
{
    const Guard guard =
        guard_of({list_of("net", ListKind::Protected, {"5.5.0.0/16", "5.5.8.0/24", "2a00:1:2::/48"})});
    CHECK(held(guard, "5.5.0.0/16") == "protected net 5.5.0.0/16");
    CHECK(held(guard, "5.5.255.255/32") == "protected net 5.5.0.0/16");
    CHECK(held(guard, "5.5.8.9/32") == "protected net 5.5.8.0/24");
    CHECK(held(guard, "5.4.0.0/15") == "protected net 5.5.0.0/16");
    CHECK(held(guard, "5.4.255.255/32") == "");
    CHECK(held(guard, "5.6.0.0/32") == "");
    CHECK(held(guard, "2a00:1:2:3::1/128") == "protected net 2a00:1:2::/48");
    CHECK(held(guard, "2a00:1:3::/48") == "");
}

TEST_CASE("the weightiest reason is the one that is told, and check_item tells all")
{
    Settings settings;
    settings.own = {list_of("own: stop pages", ListKind::Own, {"5.5.5.5/32", "stop.isp.example"})};
    const Guard guard =
        guard_of({list_of("cdn", ListKind::Shared, {"5.5.0.0/16"}), list_of("top", ListKind::Protected, {})},
                 settings);
    CHECK(held(guard, "5.5.5.5/32") == "own own: stop pages 5.5.5.5/32");
    CHECK(held(guard, "isp.example") == "own own: stop pages stop.isp.example and below");

    auto order = order_on({"5.5.4.0/23"});
    order.expires = 0;
    std::vector<Hold> all;
    for (const Finding& finding : guard.check_item(order, 0))
        all.push_back(finding.why);
    CHECK(all == std::vector{Hold::Own, Hold::SharedAddress, Hold::WideAddress, Hold::NoExpiry});
    CHECK(guard.check(order).size() == 1);
}

TEST_CASE("findings say which target they are about")
{
    const auto findings =
        guard_of().check(order_on({"a.example", "8.8.8.8/32", "b.example", "127.0.0.1/32"}));
    REQUIRE(findings.size() == 2);
    CHECK(findings[0].item == 1);
    CHECK(findings[0].why == Hold::Infrastructure);
    CHECK(findings[1].item == 3);
    CHECK(findings[1].why == Hold::SpecialPurpose);
}

TEST_CASE("shared networks: held, unless the order says on what terms")
{
    const auto lists = [] { return std::vector{list_of("cdn", ListKind::Shared, {"188.114.96.0/20"})}; };
    const Guard guard = guard_of(lists());
    Settings strict;
    strict.sharing = Sharing::Hold;
    const Guard strict_guard = guard_of(lists(), strict);

    auto order = order_on({"188.114.97.7/32"});
    CHECK(held(guard, order) == "shared-address cdn 188.114.96.0/20");
    order.targets[0].exclusive = false;
    CHECK(held(guard, order) == "shared-address cdn 188.114.96.0/20");
    order.targets[0].sharing_acknowledged = "the court, 12 of the order";
    CHECK(held(guard, order) == "");
    CHECK(held(strict_guard, order) == "shared-address cdn 188.114.96.0/20");
    order.targets[0].sharing_acknowledged.clear();
    order.targets[0].exclusive = true;
    CHECK(held(guard, order) == "");
    CHECK(held(strict_guard, order) == "shared-address cdn 188.114.96.0/20");

    // Known to the order alone.
    order = order_on({"5.5.5.5/32"});
    CHECK(held(guard, order) == "");
    order.targets[0].exclusive = false;
    CHECK(held(guard, order) == "shared-address");
    CHECK(guard.is_shared(prefix("188.114.0.0/16")));
    CHECK_FALSE(guard.is_shared(prefix("188.114.112.0/20")));
}

TEST_CASE("an order that observes may measure a shared or wide address, but not the operator's own")
{
    Settings settings;
    settings.own = {list_of("own: core", ListKind::Own, {"5.9.0.0/16"})};
    const Guard guard = guard_of({list_of("cdn", ListKind::Shared, {"5.5.0.0/16"})}, settings);
    auto order = order_on({"5.5.0.0/16"});
    order.mode = order::Mode::Observe;
    CHECK(held(guard, order) == "");
    order.targets[0].target.address.prefix = prefix("5.9.1.1/32");
    CHECK(held(guard, order) == "own own: core 5.9.0.0/16");
}

TEST_CASE("width and end: at the limit passes, beyond it is held")
{
    const Guard guard = guard_of();
    CHECK(held(guard, "5.5.5.0/24") == "");
    CHECK(held(guard, "5.5.4.0/23") == "wide-address");
    CHECK(held(guard, "2a00:1:2::/48") == "");
    CHECK(held(guard, "2a00:1:2::/47") == "wide-address");

    auto order = order_on({"5.5.5.5/32", "a.example"});
    order.expires = 0;
    CHECK(held(guard, order) == "no-expiry");
    CHECK(guard.check(order).size() == 1);
    order.targets[0].expires = 4'070'908'800;
    CHECK(held(guard, order) == "");
    order.targets[0].expires = 0;
    Settings lenient;
    lenient.require_expiry = false;
    CHECK(held(guard_of({}, lenient), order) == "");
}

TEST_CASE("single labels and public suffixes")
{
    const Guard guard = guard_of();
    CHECK(held(guard, "com") == "single-label");
    CHECK(held(guard, "=localhost") == "single-label");
    CHECK(held(guard, "co.uk") == "public-suffix");
    CHECK(held(guard, "=co.uk") == "public-suffix");
    CHECK(held(guard, "github.io") == "public-suffix");
    CHECK(held(guard, "=github.io") == "");
    CHECK(held(guard, "someone.github.io") == "");
    CHECK(held(guard, "ddns.net") == "public-suffix");
    CHECK(held(guard, "cinema.ddns.net") == "");
}

TEST_CASE("special-purpose space is held, documentation space is not, settings decide")
{
    const Guard guard = guard_of();
    for (const char* text :
         {"10.1.2.3/32", "100.64.0.1/32", "127.0.0.1/32", "169.254.1.1/32", "172.31.255.255/32",
          "192.168.1.0/24", "224.0.0.1/32", "255.255.255.255/32", "198.18.0.1/32", "192.0.0.0/24",
          "fe80::1/128", "fc00::/48", "ff02::1/128", "::1/128", "2002:1::/48", "64:ff9b::808:808/128"}) {
        INFO(text);
        CHECK(held(guard, text).starts_with("special-purpose built-in: special-purpose addresses"));
    }
    for (const char* text :
         {"192.0.2.7/32", "198.51.100.66/32", "203.0.113.0/24", "2001:db8:f::66/128", "3fff::/48"}) {
        INFO(text);
        CHECK(held(guard, text) == "");
    }
    // Next door, and around: what is allowed does not allow what lies around it.
    CHECK(held(guard, "192.0.3.0/32") == "");
    CHECK(held(guard, "192.0.0.0/22").starts_with("special-purpose"));
    CHECK(held(guard, "2001:db9::/48") == "");

    Settings settings;
    settings.allow_special_purpose = {prefix("10.66.0.0/16")};
    settings.own = {list_of("own: core", ListKind::Own, {"10.66.9.0/24"})};
    const Guard lab = guard_of({}, settings);
    CHECK(held(lab, "10.66.1.1/32") == "");
    CHECK(held(lab, "10.67.1.1/32").starts_with("special-purpose"));
    CHECK(held(lab, "10.66.9.1/32") == "own own: core 10.66.9.0/24");
    CHECK(held(lab, "192.0.2.7/32").starts_with("special-purpose"));
}

TEST_CASE("what is built in: everybody's names and addresses")
{
    const Guard guard = guard_of();
    CHECK(held(guard, "198.41.0.4/32") == "infrastructure built-in: root servers 198.41.0.4/32");
    CHECK(held(guard, "2001:dc3::35/128") == "infrastructure built-in: root servers 2001:dc3::35/128");
    CHECK(held(guard, "=k.root-servers.net") ==
          "infrastructure built-in: root servers root-servers.net and below");
    CHECK(held(guard, "192.5.6.0/24") == "infrastructure built-in: top-level domains 192.5.6.30/32");
    CHECK(held(guard, "1.1.1.0/24").starts_with("infrastructure built-in: public resolvers 1.1.1.1/32"));
    CHECK(held(guard, "2001:4860:4860::/48").starts_with("infrastructure built-in: public resolvers"));
    CHECK(held(guard, "cloudflare-ech.com").starts_with("infrastructure built-in: outer names"));
    CHECK(held(guard, "agcom.it") == "infrastructure built-in: authorities psp01.agcom.it and below");
    CHECK(held(guard, "=agcom.it") == "");
    CHECK(held(guard, "0.pool.ntp.org").starts_with("infrastructure built-in: time"));

    // All thirteen root servers, by both families.
    std::set<std::string> notes;
    std::size_t addresses = 0;
    for (const List& list : guard.lists())
        if (list.label == "built-in: root servers")
            for (const PrefixEntry& entry : list.prefixes) {
                notes.insert(entry.note);
                ++addresses;
            }
    CHECK(notes.size() == 13);
    CHECK(addresses == 26);
}

TEST_CASE("reasons and alternatives are sentences with both sides in them")
{
    const Guard guard = guard_of({list_of("Cloudflare", ListKind::Shared, {"188.114.96.0/20"})});
    const auto findings = guard.check(order_on({"188.114.97.7/32", "films.example"}));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].reason ==
          "188.114.97.7/32 lies in 188.114.96.0/20, an entry of \"Cloudflare\"; it is tested");
    CHECK(findings[0].alternative ==
          "leave it to the rules on the order's own names: films.example; if only the address will do: with "
          "protocol and ports, and \"exclusive\": true if nobody else has a site there, or "
          "\"sharing_acknowledged\" with the grounds");
    const auto above = guard.check(order_on({"agcom.it"}));
    REQUIRE(above.size() == 1);
    CHECK(above[0].reason ==
          "agcom.it and below includes psp01.agcom.it, an entry of \"built-in: authorities\" "
          "(Piracy Shield); orders and lifts come in over it");
    CHECK(above[0].alternative == "\"match\": \"exact\" for agcom.it alone, or exempt psp01.agcom.it");
}

TEST_CASE("canaries: each protected name and prefix once, as packets can ask for them")
{
    Settings settings;
    settings.own = {list_of("own: core", ListKind::Own, {"5.9.0.0/16", "2a00:9::/48", "portal.isp.example"})};
    settings.canary_names = {"www.isp.example"};
    settings.canary_addresses = {*order::parse_address("5.8.0.1")};
    const Guard guard = guard_of({list_of("cdn", ListKind::Shared, {"5.5.0.0/16"})}, settings);
    std::set<std::string> all;
    for (const Canary& canary : guard.canaries())
        all.insert(canary.list + " " +
                   (canary.name.empty() ? order::to_string(canary.address) : canary.name));
    CHECK(all.contains("canaries www.isp.example"));
    CHECK(all.contains("canaries 5.8.0.1/32"));
    CHECK(all.contains("own: core 5.9.0.1/32"));
    CHECK(all.contains("own: core 2a00:9::1/128"));
    CHECK(all.contains("own: core portal.isp.example"));
    CHECK(all.contains("built-in: root servers 198.41.0.4/32"));
    for (const std::string& canary : all)
        CHECK_FALSE((canary.starts_with("cdn ") || canary.find("special-purpose") != canary.npos));
}

TEST_CASE("the digest is of what is held, and of nothing else")
{
    const auto one = guard_of({list_of("top", ListKind::Protected, {"a.example"})});
    CHECK(one.digest().size() == 64);
    CHECK(one.digest() == guard_of({list_of("top", ListKind::Protected, {"a.example"})}).digest());
    CHECK(one.digest() != guard_of({list_of("top", ListKind::Protected, {"=a.example"})}).digest());
    CHECK(one.digest() != guard_of({list_of("top", ListKind::Shared, {"a.example"})}).digest());
    CHECK(one.digest() != guard_of().digest());
    Settings settings;
    settings.max_width_v4 = 25;
    CHECK(guard_of().digest() != guard_of({}, settings).digest());
}
