// SPDX-License-Identifier: Apache-2.0
//
// view.h: asks a target table what it holds for a name or an address, by the kernel's own look-up.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "image/image.h"
#include "maps/control.h"
#include "maps/targets.h"
#include "order/prefix.h"

namespace interdict::image {

struct NameHit {
    std::string_view suffix; // of the name that was asked for
    std::uint32_t rule = 0;  // first of its chain
};

struct PrefixHit {
    order::Prefix prefix;
    std::uint32_t rule = 0; // first of its chain
};

// Of an image, or of the live maps; all that it is made of must outlive it.
class View {
public:
    explicit View(const Image& image) : View(image.header, image.buckets, image.name_key) {}

    // buckets: at least header.buckets.
    View(const interdict_generation& header, std::span<const interdict_bucket> buckets,
         const interdict_name_key& name_key);

    // The targets that hold the name, longest first: the name itself, then its suffixes of at most
    // INTERDICT_LABELS_MAX labels. name: any case, one final dot allowed; nothing matches an empty name or
    // one longer than INTERDICT_NAME_MAX.
    [[nodiscard]] std::vector<NameHit> name(std::string_view name) const;

    // The targets that hold the address or prefix, longest first.
    [[nodiscard]] std::vector<PrefixHit> prefix(const order::Prefix& prefix) const;

    // The first rule on exactly this target, 0 if there is none.
    [[nodiscard]] std::uint32_t find(const order::Target& target) const { return find(hash(target)); }
    [[nodiscard]] std::uint32_t find(interdict_hash hash) const;

    [[nodiscard]] interdict_hash hash(const order::Target& target) const;

private:
    [[nodiscard]] bool has_length(unsigned length, bool v6) const;

    const interdict_generation& header_;
    const interdict_name_key& name_key_;
    interdict_table table_;
};

} // namespace interdict::image
