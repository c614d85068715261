// SPDX-License-Identifier: Apache-2.0
//
// attached.h: the real plane on a receiver's interface, attached as on a router.
#pragma once

#include <filesystem>
#include <string>

#include "plane/plane.h"
#include "veth.h"

namespace interdict::bench {

class Attached {
public:
    // Natively, on a link of its own: the dispatcher would cost a call. No budget holds QUIC back. tag, name:
    // of the pins' directory.
    [[nodiscard]] static Result<Attached> up(const Receiver& receiver, const std::string& tag,
                                             const std::string& name, interdict_role role);

    Attached(Attached&&) noexcept = default;
    Attached& operator=(Attached&&) = delete;
    // Takes the plane down.
    ~Attached();

    [[nodiscard]] plane::Plane& plane() { return *plane_; }

private:
    explicit Attached(std::filesystem::path pins) : pins_(std::move(pins)) {}

    std::filesystem::path pins_; // empty: moved away
    std::optional<plane::Plane> plane_;
};

} // namespace interdict::bench
