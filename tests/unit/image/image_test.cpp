// SPDX-License-Identifier: Apache-2.0
#include "image/image.h"

#include <cstring>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "image/filter.h"
#include "image/keys.h"
#include "image/view.h"
#include "ruleset/text.h"
#include "unit/image/targets.h"

using namespace interdict;
using namespace interdict::image;
using namespace interdict::image::testing;

namespace {

const ImageOptions kSeeded{.seed = 1, .content_hash = {}};

ruleset::Ruleset small_ruleset()
{
    return ruleset_of({target("kickasstorrents.to"), target("example.org"), target("www.example.org"),
                       target(ipv4(0xc0000207)), target(ipv4(0xc0000200, 24)), target(ipv4(0xc0000000, 16)),
                       target(ipv6(0x20010db8'00000000, 7)), target(ipv6(0x20010db8'00000000, 0, 48))});
}

std::vector<std::uint32_t> rules_of(const auto& hits)
{
    std::vector<std::uint32_t> rules;
    for (const auto& hit : hits)
        rules.push_back(hit.rule);
    return rules;
}

using Rules = std::vector<std::uint32_t>;

} // namespace

TEST_CASE("an image's header says what its maps hold")
{
    const ruleset::Ruleset ruleset = small_ruleset();
    const auto image = build_image(ruleset, {}, kSeeded);
    REQUIRE(image);
    const interdict_generation& header = image->header;
    CHECK(header.number == 0);
    CHECK(header.published == 0);
    CHECK(header.targets == 8);
    CHECK(header.rules == 9);
    CHECK(header.buckets == image->buckets.size());
    CHECK(header.means == (order::kNameMeans | order::kAddressMeans));
    CHECK(header.hosts == (INTERDICT_HOSTS_IPV4 | INTERDICT_HOSTS_IPV6));
    CHECK(header.ipv4_lengths == (1ull << 24 | 1ull << 16));
    CHECK(header.ipv6_lengths[0] == 1ull << 48);
    CHECK(header.ipv6_lengths[1] == 0);
    CHECK(header.address_mask == 255);
    CHECK(header.name_mask == 255);
    CHECK(image->filter.size() == INTERDICT_FILTER_WORDS);
    std::string digest;
    for (const __u8 byte : header.digest)
        digest += fmt::format("{:02x}", byte);
    CHECK(digest == ruleset::content_hash(ruleset));
}

TEST_CASE("an empty rule set gives an image without targets")
{
    const auto image = build_image({}, {}, kSeeded);
    REQUIRE(image);
    CHECK(image->header.targets == 0);
    CHECK(image->header.buckets == 0);
    CHECK(image->header.rules == 1);
    CHECK(image->header.means == 0);
    CHECK(image->rules.at(0).id == 0);
    CHECK(View(*image).name("example.org").empty());
    CHECK(View(*image).prefix(ipv4(1)).empty());
}

TEST_CASE("the same seed gives the same image, another seed or none other keys")
{
    const ruleset::Ruleset ruleset = small_ruleset();
    const auto one = build_image(ruleset, {}, kSeeded);
    const auto same = build_image(ruleset, {}, kSeeded);
    const auto random = build_image(ruleset);
    REQUIRE((one && same && random));
    const auto bytes_equal = [](const auto& left, const auto& right) {
        return left.size() == right.size() &&
               std::memcmp(left.data(), right.data(), left.size() * sizeof left[0]) == 0;
    };
    CHECK(std::memcmp(&one->header, &same->header, sizeof one->header) == 0);
    CHECK(std::memcmp(&one->name_key, &same->name_key, sizeof one->name_key) == 0);
    CHECK(bytes_equal(one->buckets, same->buckets));
    CHECK(bytes_equal(one->rules, same->rules));
    CHECK(one->filter == same->filter);
    CHECK(std::memcmp(&one->header.key, &random->header.key, sizeof one->header.key) != 0);
    CHECK(std::memcmp(&one->name_key, &random->name_key, sizeof one->name_key) != 0);
    CHECK(std::memcmp(one->header.digest, random->header.digest, sizeof one->header.digest) == 0);
}

TEST_CASE("rules stand at their ids, gaps are empty, records are copied whole")
{
    ruleset::Ruleset ruleset = ruleset_of({target("a.example"), target("b.example")});
    ruleset.max_id = 5;
    ruleset.rules[1].record.id = 5;
    ruleset.rules[1].record.not_after = 1'700'000'000;
    ruleset.rules[1].record.action[INTERDICT_CHANNEL_TLS] = INTERDICT_ACTION_RESET;
    const auto image = build_image(ruleset, {}, kSeeded);
    REQUIRE(image);
    REQUIRE(image->rules.size() == 6);
    CHECK(ruleset::same_record(image->rules[1], ruleset.rules[0].record));
    CHECK(ruleset::same_record(image->rules[5], ruleset.rules[1].record));
    for (const std::size_t gap : {0, 2, 3, 4})
        CHECK(image->rules[gap].flags == 0);
    CHECK(rules_of(View(*image).name("b.example")) == Rules{5});
}

TEST_CASE("of rules that share a target only the first of the chain is in the table")
{
    ruleset::Ruleset ruleset = ruleset_of({target("a.example"), target("a.example"), target(ipv4(7))});
    ruleset.rules[0].head = false;
    ruleset.rules[1].record.next = 1;
    const auto image = build_image(ruleset, {}, kSeeded);
    REQUIRE(image);
    CHECK(image->header.targets == 2);
    CHECK(rules_of(View(*image).name("a.example")) == Rules{2});
    CHECK(image->rules[2].next == 1);
}

TEST_CASE("two heads on one target cannot be told apart: refused with both rules after new keys were tried")
{
    const auto image = build_image(ruleset_of({target("a.example"), target("a.example")}), {}, kSeeded);
    REQUIRE_FALSE(image);
    CHECK(image.error().message.starts_with("6 tries with new keys: target table: rules "));
}

TEST_CASE("a rule set beyond the capacity is refused with used, limit and remedy; at the limit it is built")
{
    const ruleset::Ruleset ruleset = small_ruleset();
    CHECK(build_image(ruleset, {.max_targets = 8, .max_rules = 8}, kSeeded));
    const auto targets = build_image(ruleset, {.max_targets = 7}, kSeeded);
    REQUIRE_FALSE(targets);
    CHECK(targets.error().message == "targets: used 8, limit 7 (3 names, 2 addresses, 3 shorter prefixes); "
                                     "raise the limit or leave out orders; nothing was changed");
    const auto rules = build_image(ruleset, {.max_rules = 7}, kSeeded);
    REQUIRE_FALSE(rules);
    CHECK(rules.error().message ==
          "rules: used 8, limit 7 (largest id, 8 in use); raise the limit or leave out "
          "orders; nothing was changed");
}

TEST_CASE("a content hash that is not one is refused")
{
    const std::string digits(64, 'a');
    CHECK(build_image({}, {}, {.seed = 1, .content_hash = digits}));
    CHECK_FALSE(build_image({}, {}, {.seed = 1, .content_hash = digits.substr(1)}));
    CHECK_FALSE(build_image({}, {}, {.seed = 1, .content_hash = digits.substr(1) + "A"}));
}

TEST_CASE("a view gives the targets around a name, longest first, in any case, with one final dot")
{
    const auto image = build_image(small_ruleset(), {}, kSeeded);
    REQUIRE(image);
    const View view(*image);
    const auto hits = view.name("a.WWW.Example.ORG.");
    REQUIRE(rules_of(hits) == Rules{3, 2});
    CHECK(hits[0].suffix == "WWW.Example.ORG");
    CHECK(hits[1].suffix == "Example.ORG");
    CHECK(rules_of(view.name("example.org")) == Rules{2});
    CHECK(view.name("notexample.org").empty()); // a suffix of bytes, not of labels
    CHECK(view.name("org").empty());
    CHECK(view.name("").empty());
    CHECK(view.name(".").empty());
    CHECK(view.name("example.org..").empty());
    CHECK(view.name(std::string(254, 'a')).empty());
    CHECK(view.find(target("kickasstorrents.to")) == 1);
    CHECK(view.find(target("to")) == 0);
}

TEST_CASE("a view asks for suffixes of at most sixteen labels and for the name itself")
{
    std::string deep = "example";
    for (unsigned label = 2; label <= INTERDICT_LABELS_MAX; ++label)
        deep = "a." + deep;
    const std::string deeper = "b." + deep;
    const auto image = build_image(ruleset_of({target(deep), target(deeper)}), {}, kSeeded);
    REQUIRE(image);
    CHECK(rules_of(View(*image).name(deep)) == Rules{1});
    CHECK(rules_of(View(*image).name(deeper)) == Rules{2, 1});
    CHECK(rules_of(View(*image).name("c." + deeper)) == Rules{1});
}

TEST_CASE("a view gives the targets around an address or prefix, longest first")
{
    const auto image = build_image(small_ruleset(), {}, kSeeded);
    REQUIRE(image);
    const View view(*image);
    const auto hits = view.prefix(ipv4(0xc0000207));
    REQUIRE(rules_of(hits) == Rules{4, 5, 6});
    CHECK(order::to_string(hits[1].prefix) == "192.0.2.0/24");
    CHECK(rules_of(view.prefix(ipv4(0xc0000208))) == Rules{5, 6});
    CHECK(rules_of(view.prefix(ipv4(0xc0000200, 24))) == Rules{5, 6});
    CHECK(rules_of(view.prefix(ipv4(0xc0000300))) == Rules{6});
    CHECK(view.prefix(ipv4(0xc0010000)).empty());
    CHECK(rules_of(view.prefix(ipv6(0x20010db8'00000000, 7))) == Rules{7, 8});
    CHECK(rules_of(view.prefix(ipv6(0x20010db8'00000000, 8))) == Rules{8});
    CHECK(view.prefix(ipv6(0x20010db8'00010000, 8)).empty());
}

TEST_CASE("a large image: every target passes its filter and is found under its own rule")
{
    constexpr std::uint32_t count = 200'000;
    std::vector<order::Target> targets;
    for (std::uint32_t number = 0; number < count; ++number)
        targets.push_back(mixed_target(number, 0));
    const ruleset::Ruleset ruleset = ruleset_of(std::move(targets));
    const auto image = build_image(ruleset, {}, {.seed = 3, .content_hash = std::string(64, '0')});
    REQUIRE(image);
    const Keys keys{image->header.key, image->name_key};
    const std::span<const std::uint64_t> filter = image->filter;
    const auto names = filter.subspan(INTERDICT_FILTER_NAME, image->header.name_mask + 1);
    const auto hosts = filter.subspan(INTERDICT_FILTER_ADDRESS, image->header.address_mask + 1);
    const View view(*image);
    std::uint32_t stopped = 0;
    std::uint32_t lost = 0;
    for (const ruleset::Rule& rule : ruleset.rules) {
        const order::Prefix& prefix = rule.target.address.prefix;
        const interdict_hash hash = hash_target(keys, rule.target);
        if (rule.target.is_name())
            stopped += !bloom_has(names, hash);
        else if (prefix.length == prefix.width())
            stopped += !bloom_has(hosts, hash);
        else
            stopped += !guard_has(filter, prefix);
        lost += view.find(rule.target) != rule.id();
    }
    CHECK(stopped == 0);
    CHECK(lost == 0);
    CHECK(image->table.targets == count);
    CHECK(count >= image->buckets.size() * INTERDICT_BUCKET_SLOTS * 0.70);
}
