// SPDX-License-Identifier: Apache-2.0
//
// guard.h: what may never be blocked, and what may not be blocked in this way.
//
// Prefixes collide by containment both ways, names by suffix: a protected name holds a target that is it, is
// below it, or is above it with `subtree`. Nothing here opens a file, reads a clock or knows a kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guard/lists.h"
#include "order/order.h"

namespace interdict::guard {

enum class Hold : std::uint8_t {
    Protected,      // collides with an entry of a list, the operator's or a loaded one
    SpecialPurpose, // address space that no site can have (RFC 6890), or infrastructure that is built in
    PublicSuffix,   // whoever registers below it is somebody else
    SingleLabel,
    SharedAddress, // addresses of a network that carries many sites, without an acknowledgement
    WideAddress,   // more addresses than the operator allows an order to name at once
    NoExpiry,      // an address without an end
};

// Why one target is held.
struct Finding {
    std::size_t item = 0; // index into order.targets
    Hold why = Hold::Protected;
    std::string list;        // which list has it, e.g. "built-in: root servers", or a file
    std::string entry;       // as the list has it, e.g. "188.114.96.0/20"
    std::string reason;      // a sentence for people
    std::string alternative; // the narrower means; empty if there is none
};

// What must pass, as a packet can ask for it: one for each protected name and prefix, and the operator's own.
struct Canary {
    std::string name;      // empty for an address
    order::Prefix address; // full length
    std::string list;
};

class Guard {
public:
    // lists: loaded ones (lists.h), beside what is built in.
    [[nodiscard]] static Result<Guard> make(const Settings& settings, std::vector<List> lists);

    // At most one finding for each target: the weightiest.
    [[nodiscard]] std::vector<Finding> check(const order::Order& order) const;

    [[nodiscard]] std::vector<Canary> canaries() const;

    // Of settings and lists: the same guard has the same digest. 64 hex digits.
    [[nodiscard]] const std::string& digest() const;

private:
    // ...
};

[[nodiscard]] std::string_view to_string(Hold why);

} // namespace interdict::guard
