// SPDX-License-Identifier: Apache-2.0
//
// guard.h: what may never be blocked, and what may not be blocked in this way.
//
// Prefixes collide by containment both ways, names by suffix: a protected name holds a target that is it, is
// below it, or is above it with `subtree`. Nothing here opens a file, reads a clock or knows a kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guard/lists.h"
#include "guard/settings.h"
#include "order/order.h"

namespace interdict::guard {

// The weightiest first.
enum class Hold : std::uint8_t {
    SingleLabel,
    PublicSuffix,   // whoever registers below it is somebody else
    Own,            // the operator's own network
    Infrastructure, // built in: what everybody's access hangs on
    Protected,      // collides with an entry of a loaded list
    SpecialPurpose, // address space that no site can have (RFC 6890)
    SharedAddress,  // addresses of a network that carries many sites, without an acknowledgement
    WideAddress,    // more addresses than the operator allows an order to name at once
    NoExpiry,       // an address without an end
};

// Why one target is held.
struct Finding {
    std::size_t item = 0; // index into order.targets
    Hold why = Hold::Protected;
    std::string list;        // which list has it, e.g. "built-in: root servers"; empty for rules of form
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
    // lists: loaded ones (lists.h), beside what is built in. Errors: more than 2^31 entries.
    [[nodiscard]] static Result<Guard> make(const Settings& settings, std::vector<List> lists);
    Guard(Guard&&) noexcept;
    Guard& operator=(Guard&&) noexcept;
    ~Guard();

    // At most one finding for each target: the weightiest. An order in observe mode blocks nobody: it may
    // measure shared and wide addresses, which are held once it enforces.
    [[nodiscard]] std::vector<Finding> check(const order::Order& order) const;

    // Every reason for which one target of the order would be held, the weightiest first.
    [[nodiscard]] std::vector<Finding> check_item(const order::Order& order, std::size_t item) const;

    // Whether addresses of the prefix carry many sites each: it is inside of a shared network, or has one
    // inside.
    [[nodiscard]] bool is_shared(const order::Prefix& prefix) const;

    // None for special-purpose and shared space: the one is not reached, the other may be blocked on terms.
    [[nodiscard]] std::vector<Canary> canaries() const;

    // The operator's own, what is built in and what was loaded.
    [[nodiscard]] std::span<const List> lists() const;

    // Of settings and lists: the same guard has the same digest. 64 hex digits.
    [[nodiscard]] const std::string& digest() const;

private:
    class Body;
    explicit Guard(std::unique_ptr<const Body> body);
    std::unique_ptr<const Body> body_; // what the indexes point into stays where it is
};

[[nodiscard]] std::string_view to_string(Hold why);

} // namespace interdict::guard
