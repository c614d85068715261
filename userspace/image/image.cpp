// SPDX-License-Identifier: Apache-2.0
#include "image/image.h"

#include <span>
#include <string_view>
#include <utility>

#include "image/answers.h"
#include "image/filter.h"
#include "image/keys.h"
#include "image/plain.h"
#include "ruleset/text.h"

namespace interdict::image {

namespace {

using ruleset::Rule;
using ruleset::Ruleset;

// At the default load a table of 20 targets fails once in 500 times, one of 1,000 or more was never seen to;
// so many failures in a row, each with more room, are a fault elsewhere.
constexpr unsigned kAttempts = 6;
constexpr unsigned kGrowthDivisor = 16; // a sixteenth more buckets each time

struct Census {
    std::size_t names = 0;
    std::size_t hosts = 0; // full-length prefixes
    std::size_t prefixes = 0;

    [[nodiscard]] std::size_t targets() const { return names + hosts + prefixes; }
};

bool is_host(const order::Prefix& prefix) { return prefix.length == prefix.width(); }

Census count_targets(const Ruleset& ruleset)
{
    Census census;
    for (const Rule& rule : ruleset.rules) {
        if (!rule.head)
            continue;
        if (rule.target.is_name())
            ++census.names;
        else if (is_host(rule.target.address.prefix))
            ++census.hosts;
        else
            ++census.prefixes;
    }
    return census;
}

Result<void> check_capacity(const Ruleset& ruleset, const Census& census, const Capacity& capacity)
{
    if (census.targets() > capacity.max_targets)
        return fail("targets: used {}, limit {} ({} names, {} addresses, {} shorter prefixes); "
                    "raise the limit or leave out orders; nothing was changed",
                    census.targets(), capacity.max_targets, census.names, census.hosts, census.prefixes);
    if (ruleset.max_id > capacity.max_rules)
        return fail("rules: used {}, limit {} (largest id, {} in use); raise the limit or leave out orders; "
                    "nothing was changed",
                    ruleset.max_id, capacity.max_rules, ruleset.rules.size());
    return {};
}

void note_prefix(interdict_generation& header, const order::Prefix& prefix)
{
    if (is_host(prefix))
        header.hosts |= prefix.v6 ? INTERDICT_HOSTS_IPV6 : INTERDICT_HOSTS_IPV4;
    else if (prefix.v6)
        header.ipv6_lengths[prefix.length / 64] |= std::uint64_t{1} << prefix.length % 64;
    else
        header.ipv4_lengths |= std::uint64_t{1} << prefix.length;
}

void lay_rules(const Ruleset& ruleset, Image& image)
{
    image.rules.resize(std::size_t{ruleset.max_id} + 1);
    image.header.rules = static_cast<std::uint32_t>(image.rules.size());
    for (const Rule& rule : ruleset.rules) {
        image.rules[rule.id()] = rule.record;
        image.header.means |= rule.record.means;
        if (rule.head && !rule.target.is_name())
            note_prefix(image.header, rule.target.address.prefix);
    }
}

// Hashes every target once, for the filters and for the table.
std::vector<TableEntry> lay_filter(const Ruleset& ruleset, const Keys& keys, const Census& census,
                                   Image& image)
{
    const std::uint32_t address_words = bloom_words(census.hosts);
    const std::uint32_t name_words = bloom_words(census.names);
    image.header.address_mask = address_words - 1;
    image.header.name_mask = name_words - 1;
    image.filter.assign(INTERDICT_FILTER_WORDS, 0);
    const std::span<std::uint64_t> filter = image.filter;
    const auto address_bloom = filter.subspan(INTERDICT_FILTER_ADDRESS, address_words);
    const auto name_bloom = filter.subspan(INTERDICT_FILTER_NAME, name_words);

    const PlainSpan plain = plain_span(ruleset);
    image.header.plain_from = plain.from;
    image.header.plain_until = plain.until;

    std::vector<TableEntry> entries;
    entries.reserve(census.targets());
    for (const Rule& rule : ruleset.rules) {
        if (!rule.head)
            continue;
        const interdict_hash hash = hash_target(keys, rule.target);
        entries.push_back({hash, rule.id() | (plain.holds(rule) ? INTERDICT_TARGET_PLAIN : 0)});
        if (rule.target.is_name())
            bloom_add(name_bloom, hash);
        else if (is_host(rule.target.address.prefix))
            bloom_add(address_bloom, hash);
        else
            guard_add(filter, rule.target.address.prefix);
    }
    return entries;
}

Result<Keys> draw_keys(const ImageOptions& options, unsigned attempt)
{
    if (options.seed)
        return seeded_keys(*options.seed + attempt);
    return random_keys();
}

Result<void> lay_targets(const Ruleset& ruleset, const Census& census, const ImageOptions& options,
                         Image& image)
{
    std::uint32_t buckets = table_buckets(census.targets());
    image.header.targets = static_cast<std::uint32_t>(census.targets());
    for (unsigned attempt = 0;; ++attempt) {
        INTERDICT_TRY(const Keys keys, draw_keys(options, attempt));
        const std::vector<TableEntry> entries = lay_filter(ruleset, keys, census, image);
        image.buckets.resize(buckets);
        auto built = build_table(entries, image.buckets);
        if (!built && attempt + 1 == kAttempts)
            return std::unexpected(built.error().context(fmt::format("{} tries with new keys", kAttempts)));
        if (built) {
            image.header.buckets = buckets;
            image.header.key = keys.address;
            image.name_key = keys.name;
            image.table = *built;
            return {};
        }
        buckets += buckets / kGrowthDivisor + 1;
    }
}

unsigned hex_digit(char digit)
{
    return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

Result<void> lay_digest(const std::string& hash, interdict_generation& header)
{
    if (hash.size() != 2 * sizeof header.digest ||
        hash.find_first_not_of("0123456789abcdef") != std::string::npos)
        return fail("content hash: {} is not {} hex digits", hash, 2 * sizeof header.digest);
    for (std::size_t at = 0; at < sizeof header.digest; ++at)
        header.digest[at] = static_cast<__u8>(hex_digit(hash[2 * at]) << 4 | hex_digit(hash[2 * at + 1]));
    return {};
}

} // namespace

Result<Image> build_image(const Ruleset& ruleset, const Capacity& capacity, const ImageOptions& options)
{
    const Census census = count_targets(ruleset);
    INTERDICT_CHECK(check_capacity(ruleset, census, capacity));
    INTERDICT_TRY(ScopeBits scopes, scope_bits(ruleset.scopes, capacity.max_prefix_scopes));

    Image image;
    image.scopes = std::move(scopes);
    image.header.prefix_default_scope = image.scopes.prefix_default;
    INTERDICT_CHECK(lay_digest(
        options.content_hash.empty() ? ruleset::content_hash(ruleset) : options.content_hash, image.header));
    lay_rules(ruleset, image);
    image.answers = lay_answers(ruleset, image.rules);
    INTERDICT_CHECK(lay_targets(ruleset, census, options, image));
    return image;
}

} // namespace interdict::image
