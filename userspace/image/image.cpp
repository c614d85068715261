// SPDX-License-Identifier: Apache-2.0
#include "image/image.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "image/answers.h"
#include "image/filter.h"
#include "image/keys.h"
#include "image/plain.h"
#include "ruleset/near.h"
#include "ruleset/text.h"

namespace interdict::image {

namespace {

using ruleset::Rule;
using ruleset::Ruleset;

// At the default load a table of 20 targets fails once in 500 times, one of 1,000 or more was never seen to;
// so many failures in a row, each with more room, are a fault elsewhere.
constexpr unsigned kAttempts = 6;
constexpr unsigned kGrowthDivisor = 16; // a sixteenth more buckets each time

// Left free for rules that come in place (patch.h).
constexpr std::uint32_t kRoomMin = 1024;
constexpr std::uint32_t kRoomDivisor = 16;
constexpr std::uint32_t kAnswerRoomMin = 64;

std::uint32_t room_beside(std::uint32_t used, std::uint32_t least)
{
    return std::max(least, used / kRoomDivisor);
}

// Channels by which a client names the host that it talks to, not one that it asks about.
constexpr std::uint32_t kNamesBehind = INTERDICT_MEANS(INTERDICT_CHANNEL_TLS) |
                                       INTERDICT_MEANS(INTERDICT_CHANNEL_QUIC) |
                                       INTERDICT_MEANS(INTERDICT_CHANNEL_HTTP);

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

void lay_rules(const Ruleset& ruleset, Image& image)
{
    image.rules.resize(std::size_t{ruleset.max_id} + 1);
    image.header.rules = static_cast<std::uint32_t>(image.rules.size());
    for (const Rule& rule : ruleset.rules) {
        image.rules[rule.id()] = rule.record;
        widen(image.header, rule);
    }
}

// Hashes every target once, for the filters and for the table.
std::vector<TableEntry> lay_filter(const Ruleset& ruleset, const Keys& keys, const Census& census,
                                   Image& image)
{
    const auto words_for = [](std::size_t used) {
        return bloom_words(used + room_beside(static_cast<std::uint32_t>(used), kRoomMin));
    };
    image.header.address_mask = words_for(census.hosts) - 1;
    image.header.name_mask = words_for(census.names) - 1;
    image.filter.assign(INTERDICT_FILTER_WORDS, 0);
    const std::span<std::uint64_t> filter = image.filter;

    const PlainSpan plain = plain_span(ruleset);
    image.header.plain_from = plain.from;
    image.header.plain_until = plain.until;
    image.header.near_blocks = ruleset::near_blocks(ruleset);

    std::vector<TableEntry> entries;
    entries.reserve(census.targets());
    for (const Rule& rule : ruleset.rules) {
        if (!rule.head)
            continue;
        const interdict_hash hash = hash_target(keys, rule.target);
        entries.push_back({hash, rule.id() | (plain.holds(rule) ? INTERDICT_TARGET_PLAIN : 0)});
        filter_add(filter, image.header, rule.target, hash);
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
    image.header.targets = static_cast<std::uint32_t>(census.targets());
    std::uint32_t buckets =
        image.header.targets == 0
            ? 0
            : table_buckets(std::size_t{image.header.targets} + room_beside(image.header.targets, kRoomMin));
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

void widen(interdict_generation& header, const Rule& rule)
{
    const order::Prefix& prefix = rule.target.address.prefix;
    header.means |= rule.record.means;
    if (rule.target.is_name())
        return;
    if (rule.observe() && !rule.exempt())
        header.means |= kNamesBehind; // it counts the names behind its address (maps/sketches.h)
    if (is_host(prefix))
        header.hosts |= prefix.v6 ? INTERDICT_HOSTS_IPV6 : INTERDICT_HOSTS_IPV4;
    else if (prefix.v6)
        header.ipv6_lengths[prefix.length / 64] |= std::uint64_t{1} << prefix.length % 64;
    else
        header.ipv4_lengths |= std::uint64_t{1} << prefix.length;
}

std::uint32_t rule_entries(const Image& image)
{
    const auto used = static_cast<std::uint32_t>(image.rules.size());
    return used + std::min(room_beside(used, kRoomMin), INTERDICT_RULE_ID_MAX + 1 - used);
}

std::uint32_t answer_entries(const Image& image)
{
    const auto used = static_cast<std::uint32_t>(image.answers.size());
    return used + room_beside(used, kAnswerRoomMin);
}

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
