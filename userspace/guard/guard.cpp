// SPDX-License-Identifier: Apache-2.0
#include "guard/guard.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <sodium.h>

#include "guard/builtin.h"
#include "guard/name_index.h"
#include "guard/prefix_index.h"
#include "guard/reason.h"
#include "order/name.h"

namespace interdict::guard {

namespace {

// BLAKE2b-256 of a sequence of texts and numbers, each with its length, so that no two sequences are alike.
class Digest {
public:
    Digest() { crypto_generichash_init(&state_, nullptr, 0, crypto_generichash_BYTES); }

    void add(std::string_view text)
    {
        add(text.size());
        bytes(text.data(), text.size());
    }
    void add(std::uint64_t number)
    {
        std::array<unsigned char, 8> little{};
        for (unsigned i = 0; i < little.size(); ++i)
            little[i] = static_cast<unsigned char>(number >> 8 * i);
        bytes(little.data(), little.size());
    }
    void add(const order::Prefix& prefix)
    {
        bytes(prefix.address.data(), prefix.address.size());
        add(std::uint64_t{prefix.v6} << 8 | prefix.length);
    }
    void add(const List& list)
    {
        add(list.label);
        add(static_cast<std::uint64_t>(list.kind));
        add(list.names.size());
        for (const NameEntry& entry : list.names) {
            add(entry.name.name);
            add(static_cast<std::uint64_t>(entry.name.match));
        }
        add(list.prefixes.size());
        for (const PrefixEntry& entry : list.prefixes)
            add(entry.prefix);
    }

    [[nodiscard]] std::string hex()
    {
        std::array<unsigned char, crypto_generichash_BYTES> hash{};
        crypto_generichash_final(&state_, hash.data(), hash.size());
        std::array<char, 2 * crypto_generichash_BYTES + 1> text{};
        return sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    }

private:
    void bytes(const void* data, std::size_t size)
    {
        crypto_generichash_update(&state_, static_cast<const unsigned char*>(data), size);
    }

    crypto_generichash_state state_;
};

std::string digest_of(const Settings& settings, const std::vector<List>& lists)
{
    Digest digest;
    digest.add(settings.max_width_v4);
    digest.add(settings.max_width_v6);
    digest.add(static_cast<std::uint64_t>(settings.sharing));
    digest.add(settings.require_expiry);
    digest.add(settings.allow_special_purpose.size());
    for (const auto& prefix : settings.allow_special_purpose)
        digest.add(prefix);
    digest.add(settings.canary_names.size());
    for (const auto& name : settings.canary_names)
        digest.add(name);
    digest.add(settings.canary_addresses.size());
    for (const auto& address : settings.canary_addresses)
        digest.add(address);
    digest.add(lists.size());
    for (const List& list : lists)
        digest.add(list);
    return digest.hex();
}

bool within(const order::Prefix& prefix, const std::vector<order::Prefix>& around)
{
    return std::ranges::any_of(around, [&](const order::Prefix& outer) { return outer.contains(prefix); });
}

// Nothing of the protected name is left for the order to block.
bool spares(const order::NameTarget& exempt, const order::NameTarget& protectee)
{
    if (exempt.match == order::Match::Exact)
        return protectee.match == order::Match::Exact && exempt.name == protectee.name;
    return exempt.name == protectee.name || order::is_below(protectee.name, exempt.name);
}

} // namespace

class Guard::Body {
public:
    Body(const Settings& settings, std::vector<List> lists)
        : settings_(settings), lists_(std::move(lists)), digest_(digest_of(settings_, lists_))
    {
        for (std::size_t list = 0; list < lists_.size(); ++list)
            add(list);
        names_.seal();
        for (PrefixIndex* index : {&held_, &special_, &shared_})
            index->seal();
    }

    // Calls use(finding) for each reason until it returns false, the weightiest first.
    template <class Use>
    void judge(Reasons& reasons, std::size_t item, Use use) const
    {
        if (reasons.order().targets[item].target.is_name())
            judge_name(reasons, item, use);
        else
            judge_address(reasons, item, use);
    }

    [[nodiscard]] bool is_shared(const order::Prefix& prefix) const
    {
        return shared_.around(prefix) || shared_.inside(prefix);
    }

    [[nodiscard]] const Settings& settings() const { return settings_; }
    [[nodiscard]] const std::vector<List>& lists() const { return lists_; }
    [[nodiscard]] const std::string& digest() const { return digest_; }

private:
    struct Place {
        std::uint32_t list = 0;
        std::uint32_t entry = 0;
    };

    void add(std::size_t number)
    {
        const List& list = lists_[number];
        const auto place = [&](std::size_t entry) {
            places_.push_back({static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(entry)});
            return static_cast<std::uint32_t>(places_.size() - 1);
        };
        for (std::size_t i = 0; i < list.names.size(); ++i)
            names_.add(list.names[i].name, place(i));
        PrefixIndex& index = list.kind == ListKind::SpecialPurpose ? special_
                             : list.kind == ListKind::Shared       ? shared_
                                                                   : held_;
        for (std::size_t i = 0; i < list.prefixes.size(); ++i)
            if (list.kind != ListKind::SpecialPurpose ||
                !within(list.prefixes[i].prefix, settings_.allow_special_purpose))
                index.add(list.prefixes[i].prefix, place(i));
    }

    [[nodiscard]] const List& list_of(std::uint32_t id) const { return lists_[places_[id].list]; }
    [[nodiscard]] const NameEntry& name_of(std::uint32_t id) const
    {
        return list_of(id).names[places_[id].entry];
    }

    template <class Use>
    void judge_name(Reasons& reasons, std::size_t item, Use& use) const
    {
        const order::NameTarget& target = reasons.order().targets[item].target.name;
        if (target.name.find('.') == target.name.npos) {
            if (!use(reasons.single_label(item)))
                return;
        } else if (const order::Suffix suffix = order::public_suffix(target.name);
                   suffix == order::Suffix::Registry ||
                   (suffix == order::Suffix::Private && target.match == order::Match::Subtree)) {
            if (!use(reasons.public_suffix(item, suffix == order::Suffix::Registry)))
                return;
        }
        if (const auto id = names_.at_or_above(target.name)) {
            const bool same = name_of(*id).name.name == target.name;
            use(reasons.collision(item, list_of(*id), name_of(*id), same ? Relation::Is : Relation::Inside));
        } else if (target.match == order::Match::Subtree && names_.any_below(target.name)) {
            if (const auto below = unspared_below(reasons.order(), target.name))
                use(reasons.collision(item, list_of(*below), name_of(*below), Relation::Around));
        }
    }

    // The first that the order does not exempt, of the weightiest list.
    [[nodiscard]] std::optional<std::uint32_t> unspared_below(const order::Order& order,
                                                              std::string_view name) const
    {
        std::optional<std::uint32_t> best;
        for (const std::uint32_t id : names_.below(name)) {
            const order::NameTarget& protectee = name_of(id).name;
            if (std::ranges::any_of(order.exempt, [&](const auto& e) { return spares(e, protectee); }))
                continue;
            if (!best || id < *best) // numbered in the order of lists and entries
                best = id;
        }
        return best;
    }

    template <class Use>
    bool judge_prefix(Reasons& reasons, std::size_t item, const PrefixIndex& index, Use& use) const
    {
        const order::Prefix& target = reasons.order().targets[item].target.address.prefix;
        auto id = index.around(target);
        const bool inside = id.has_value();
        if (!id)
            id = index.inside(target);
        if (!id)
            return true;
        const PrefixEntry& entry = list_of(*id).prefixes[places_[*id].entry];
        const Relation relation = entry.prefix == target ? Relation::Is
                                  : inside               ? Relation::Inside
                                                         : Relation::Around;
        return use(reasons.collision(item, list_of(*id), entry, relation, settings_.sharing));
    }

    template <class Use>
    void judge_address(Reasons& reasons, std::size_t item, Use& use) const
    {
        const order::Item& held = reasons.order().targets[item];
        const order::Prefix& prefix = held.target.address.prefix;
        if (!judge_prefix(reasons, item, held_, use))
            return;
        if (!within(prefix, settings_.allow_special_purpose) && !judge_prefix(reasons, item, special_, use))
            return;
        if (reasons.order().mode == order::Mode::Enforce) {
            if (!judge_sharing(reasons, item, use))
                return;
            const unsigned longest = prefix.v6 ? settings_.max_width_v6 : settings_.max_width_v4;
            if (prefix.length < longest && !use(reasons.too_wide(item, longest)))
                return;
        }
        if (settings_.require_expiry && held.expires == 0 && reasons.order().expires == 0)
            use(reasons.without_end(item));
    }

    template <class Use>
    bool judge_sharing(Reasons& reasons, std::size_t item, Use& use) const
    {
        const order::Item& held = reasons.order().targets[item];
        const bool on_terms = held.exclusive == true || !held.sharing_acknowledged.empty();
        if (on_terms && settings_.sharing == Sharing::Acknowledge)
            return true;
        if (held.exclusive == false && !is_shared(held.target.address.prefix))
            return use(reasons.admitted_sharing(item, settings_.sharing));
        return judge_prefix(reasons, item, shared_, use);
    }

    Settings settings_;
    std::vector<List> lists_; // by kind, the weightiest first
    std::string digest_;
    std::vector<Place> places_; // by the indexes' ids
    NameIndex names_;
    PrefixIndex held_; // Own, Infrastructure, Protected
    PrefixIndex special_;
    PrefixIndex shared_;
};

Guard::Guard(std::unique_ptr<const Body> body) : body_(std::move(body)) {}
Guard::Guard(Guard&&) noexcept = default;
Guard& Guard::operator=(Guard&&) noexcept = default;
Guard::~Guard() = default;

Result<Guard> Guard::make(const Settings& settings, std::vector<List> lists)
{
    if (sodium_init() < 0)
        return fail("libsodium cannot be initialised");
    std::vector<List> all = builtin_lists();
    std::ranges::copy(settings.own, std::back_inserter(all));
    std::ranges::move(lists, std::back_inserter(all));
    std::ranges::stable_sort(all, {}, &List::kind);
    std::size_t entries = 0;
    for (const List& list : all)
        entries += list.entries();
    if (entries > std::numeric_limits<std::int32_t>::max())
        return fail("the guard's lists have {} entries, {} is the most", entries,
                    std::numeric_limits<std::int32_t>::max());
    return Guard(std::make_unique<const Body>(settings, std::move(all)));
}

std::vector<Finding> Guard::check(const order::Order& order) const
{
    std::vector<Finding> findings;
    Reasons reasons(order);
    for (std::size_t item = 0; item < order.targets.size(); ++item)
        body_->judge(reasons, item, [&](Finding found) {
            findings.push_back(std::move(found));
            return false;
        });
    return findings;
}

std::vector<Finding> Guard::check_item(const order::Order& order, std::size_t item) const
{
    std::vector<Finding> findings;
    Reasons reasons(order);
    body_->judge(reasons, item, [&](Finding found) {
        findings.push_back(std::move(found));
        return true;
    });
    return findings;
}

bool Guard::is_shared(const order::Prefix& prefix) const { return body_->is_shared(prefix); }

std::vector<Canary> Guard::canaries() const
{
    std::vector<Canary> canaries;
    const auto add_address = [&](order::Prefix prefix, const std::string& list) {
        // Of a network its first host: the network's own address is none that a packet goes to.
        if (prefix.length + 1u < prefix.width())
            prefix.address[prefix.width() / 8 - 1] |= 1;
        prefix.length = static_cast<std::uint8_t>(prefix.width());
        canaries.push_back({.name = {}, .address = prefix, .list = list});
    };
    for (const std::string& name : body_->settings().canary_names)
        canaries.push_back({.name = name, .address = {}, .list = "canaries"});
    for (const auto& address : body_->settings().canary_addresses)
        add_address(address, "canaries");
    for (const List& list : body_->lists()) {
        if (list.kind == ListKind::SpecialPurpose || list.kind == ListKind::Shared)
            continue;
        for (const NameEntry& entry : list.names)
            canaries.push_back({.name = entry.name.name, .address = {}, .list = list.label});
        for (const PrefixEntry& entry : list.prefixes)
            add_address(entry.prefix, list.label);
    }
    return canaries;
}

std::span<const List> Guard::lists() const { return body_->lists(); }

const std::string& Guard::digest() const { return body_->digest(); }

std::string_view to_string(Hold why)
{
    switch (why) {
    case Hold::Own:
        return "own";
    case Hold::Infrastructure:
        return "infrastructure";
    case Hold::Protected:
        return "protected";
    case Hold::SpecialPurpose:
        return "special-purpose";
    case Hold::SingleLabel:
        return "single-label";
    case Hold::PublicSuffix:
        return "public-suffix";
    case Hold::SharedAddress:
        return "shared-address";
    case Hold::WideAddress:
        return "wide-address";
    case Hold::NoExpiry:
        return "no-expiry";
    }
    return "protected";
}

} // namespace interdict::guard
