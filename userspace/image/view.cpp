// SPDX-License-Identifier: Apache-2.0
#include "image/view.h"

#include <algorithm>
#include <cassert>

#include "image/keys.h"

namespace interdict::image {

namespace {

void clear_host_bits(order::Prefix& prefix)
{
    for (unsigned byte = 0; byte < prefix.address.size(); ++byte) {
        const unsigned kept = std::clamp(static_cast<int>(prefix.length) - static_cast<int>(8 * byte), 0, 8);
        prefix.address[byte] &= static_cast<std::uint8_t>(0xff00u >> kept);
    }
}

} // namespace

View::View(const interdict_generation& header, std::span<const interdict_bucket> buckets,
           const interdict_name_key& name_key)
    : header_(header), name_key_(name_key), table_{buckets.data(), header.buckets}
{
    assert(buckets.size() >= header.buckets);
}

std::uint32_t View::find(interdict_hash hash) const
{
    return table_.buckets == 0 ? 0 : INTERDICT_TARGET_RULE(interdict_target_find(&table_, hash));
}

interdict_hash View::hash(const order::Target& target) const
{
    return target.is_name() ? hash_name(name_key_, target.name.name)
                            : hash_prefix(header_.key, target.address.prefix);
}

std::vector<NameHit> View::name(std::string_view name) const
{
    if (name.ends_with('.'))
        name.remove_suffix(1);
    std::vector<NameHit> hits;
    if (name.empty() || name.size() > INTERDICT_NAME_MAX)
        return hits;

    interdict_lanes sum{name_key_.start[0], name_key_.start[1]};
    unsigned labels = 0;
    for (std::size_t length = 1; length <= name.size(); ++length) {
        const std::size_t start = name.size() - length;
        interdict_hash_name_byte(&name_key_, &sum, static_cast<__u32>(length - 1),
                                 interdict_fold(static_cast<__u8>(name[start])));
        if (start != 0 && name[start - 1] != '.')
            continue;
        if (name[start] == '.')
            continue;
        if (++labels > INTERDICT_LABELS_MAX && start != 0)
            continue;
        if (const std::uint32_t rule = find(interdict_hash_finish(sum)))
            hits.push_back({name.substr(start), rule});
    }
    std::ranges::reverse(hits);
    return hits;
}

bool View::has_length(unsigned length, bool v6) const
{
    if (length == (v6 ? 128u : 32u))
        return header_.hosts & (v6 ? INTERDICT_HOSTS_IPV6 : INTERDICT_HOSTS_IPV4);
    const std::uint64_t lengths = v6 ? header_.ipv6_lengths[length / 64] : header_.ipv4_lengths;
    return lengths >> length % 64 & 1;
}

std::vector<PrefixHit> View::prefix(const order::Prefix& prefix) const
{
    std::vector<PrefixHit> hits;
    for (int length = prefix.length; length >= 0; --length) {
        if (!has_length(static_cast<unsigned>(length), prefix.v6))
            continue;
        order::Prefix shorter = prefix;
        shorter.length = static_cast<std::uint8_t>(length);
        clear_host_bits(shorter);
        if (const std::uint32_t rule = find(hash_prefix(header_.key, shorter)))
            hits.push_back({shorter, rule});
    }
    return hits;
}

} // namespace interdict::image
