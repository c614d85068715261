// SPDX-License-Identifier: Apache-2.0
#include "attached.h"

#include <vector>

#include "maps/pins.h"
#include "rules.h"

namespace interdict::bench {

Result<Attached> Attached::up(const Receiver& receiver, const std::string& tag, const std::string& name,
                              interdict_role role)
{
    Attached attached(std::filesystem::path(INTERDICT_PIN_PATH)
                          .replace_filename(fmt::format("interdict-bench-{}-{}", tag, name)));
    plane::Config config;
    config.pins = attached.pins_;
    config.attach.means = plane::Means::Link;
    config.attach.generic_allowed = false;
    config.quic_budget = kNoQuicBudget;
    const std::vector<plane::InterfaceRequest> interface {
        {
            kReceiver, static_cast<std::uint32_t>(role), 0
        }
    };
    const Namespace::Inside inside(receiver.where);
    INTERDICT_TRY(attached.plane_, plane::Plane::up(config, interface));
    return attached;
}

Attached::~Attached()
{
    if (pins_.empty())
        return;
    plane_.reset(); // the writer's lock
    static_cast<void>(plane::Plane::down(pins_));
}

} // namespace interdict::bench
