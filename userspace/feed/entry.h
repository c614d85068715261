// SPDX-License-Identifier: Apache-2.0
//
// entry.h: one entry of a list, as a target or as the reason why it is none.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "feed/list.h"
#include "feed/read.h"

namespace interdict::feed {

struct Fault {
    Status status = Status::Quarantined;
    std::string reason;
    std::string remedy;
    bool name = false; // it was meant as a name: another one may be near
};

using Reading = std::expected<order::Target, Fault>;

// A name, an address, a prefix, or a URL that names no more than a host.
[[nodiscard]] Reading read_target(std::string_view text, order::Match match, const Options& options);

[[nodiscard]] Reading read_name(std::string_view text, order::Match match, const Options& options);

// An address or a prefix. Host bits set, a range of addresses and IPv4-mapped IPv6 are faults.
[[nodiscard]] Reading read_prefix(std::string_view text);

// Host of a URL, without scheme; empty if text has neither scheme nor slash. path: it names more than the
// host.
struct UrlParts {
    std::string_view host;
    bool path = false;
};
[[nodiscard]] UrlParts url_parts(std::string_view text);

} // namespace interdict::feed
