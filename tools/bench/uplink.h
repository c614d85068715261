// SPDX-License-Identifier: Apache-2.0
//
// uplink.h: the real plane on a receiver's interface, attached as on a router's uplink.
#pragma once

#include <filesystem>
#include <string>

#include "plane/plane.h"
#include "veth.h"

namespace interdict::bench {

class Uplink {
public:
    // Natively, on a link of its own: the dispatcher would cost a call. tag, name: of the pins' directory.
    [[nodiscard]] static Result<Uplink> up(const Receiver& receiver, const std::string& tag,
                                           const std::string& name);

    Uplink(Uplink&&) noexcept = default;
    Uplink& operator=(Uplink&&) = delete;
    // Takes the plane down.
    ~Uplink();

    [[nodiscard]] plane::Plane& plane() { return *plane_; }

private:
    explicit Uplink(std::filesystem::path pins) : pins_(std::move(pins)) {}

    std::filesystem::path pins_; // empty: moved away
    std::optional<plane::Plane> plane_;
};

} // namespace interdict::bench
