// SPDX-License-Identifier: Apache-2.0
//
// name.h: host names as orders write them, into the bytes that stand on the wire.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "order/order.h"

namespace interdict::order {

struct NameFault {
    std::string message;
    std::string remedy;
};

// Lower case, A-labels (UTS 46, non-transitional), one final dot removed. Underscores and hyphens anywhere
// are accepted: real hosts have them. A-labels are taken as they are if they decode (RFC 3492).
//
// Errors: URL, port, wildcard, address, single label, empty label, label above 63 or name above 253 bytes
// (RFC 1035, 2.3.4), other characters, a garbled IDN; for Subtree also a public suffix and more than
// INTERDICT_LABELS_MAX labels, the deepest suffix that the kernel looks up.
[[nodiscard]] std::expected<std::string, NameFault> normalise_name(std::string_view text, Match match);

// A reason to look twice at a normalised name: its last label is no top-level domain that the public suffix
// list or RFC 6761 knows, as when a PDF glues a word to a name.
[[nodiscard]] std::optional<NameFault> doubt_about(std::string_view name);

// Who registers below a name, by the public suffix list.
enum class Suffix : std::uint8_t {
    None,     // whoever has the name itself
    Private,  // customers of a company, as below github.io
    Registry, // anybody, as below com or co.uk
};
[[nodiscard]] Suffix public_suffix(const std::string& name);

// The name below a public suffix that somebody registered, e.g. films.co.uk for www.films.co.uk; name itself
// if there is none.
[[nodiscard]] std::string registrable_domain(const std::string& name);

} // namespace interdict::order
