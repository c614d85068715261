// SPDX-License-Identifier: Apache-2.0
#include "cli/health.h"

namespace interdict::cli {

Result<std::vector<std::string>> faults(const plane::Plane& plane)
{
    std::vector<std::string> out;
    INTERDICT_TRY(const auto interfaces, plane.interfaces());
    for (const auto& [attachment, role] : interfaces) {
        const auto& name = attachment.interface;
        if (attachment.ifindex == 0)
            out.push_back(fmt::format(
                "{}: the interface is gone; when it is back: interdict up --iface {}:ROLE", name, name));
        else if (!attachment.attached)
            out.push_back(
                fmt::format("{}: the program was taken off; put it back: interdict up --iface {}:{}", name,
                            name, role_text(role)));
        else if (role == 0)
            out.push_back(fmt::format("{}: no role, its packets pass; give it one: interdict up --iface "
                                      "{}:subscriber",
                                      name, name));
    }
    for (const auto& stage : plane.programs().stages())
        if (!stage.loaded)
            out.push_back(fmt::format("stage {} is not loaded, what it inspects passes: {}", stage.name,
                                      stage.reason.empty() ? "the kernel refused it when the plane came up"
                                                           : stage.reason));
    return out;
}

std::string role_text(std::uint32_t role)
{
    switch (role) {
    case 0:
        return "none";
    case INTERDICT_ROLE_SUBSCRIBER:
        return "subscriber";
    case INTERDICT_ROLE_UPLINK:
        return "uplink";
    default:
        return "both";
    }
}

} // namespace interdict::cli
