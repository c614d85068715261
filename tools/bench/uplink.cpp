// SPDX-License-Identifier: Apache-2.0
#include "uplink.h"

#include <vector>

#include "maps/pins.h"

namespace interdict::bench {

Result<Uplink> Uplink::up(const Receiver& receiver, const std::string& tag, const std::string& name)
{
    Uplink uplink(std::filesystem::path(INTERDICT_PIN_PATH)
                      .replace_filename(fmt::format("interdict-bench-{}-{}", tag, name)));
    plane::Config config;
    config.pins = uplink.pins_;
    config.attach.means = plane::Means::Link;
    config.attach.generic_allowed = false;
    const std::vector<plane::InterfaceRequest> interface {
        {
            kReceiver, INTERDICT_ROLE_UPLINK, 0
        }
    };
    const Namespace::Inside inside(receiver.where);
    INTERDICT_TRY(uplink.plane_, plane::Plane::up(config, interface));
    return uplink;
}

Uplink::~Uplink()
{
    if (pins_.empty())
        return;
    plane_.reset(); // the writer's lock
    static_cast<void>(plane::Plane::down(pins_));
}

} // namespace interdict::bench
