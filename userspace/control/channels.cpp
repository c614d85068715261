// SPDX-License-Identifier: Apache-2.0
#include "control/channels.h"

#include <bit>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "order/order.h"

namespace interdict::control {

nlohmann::ordered_json channel_counts(const interdict_hits& counter, unsigned means)
{
    auto json = nlohmann::ordered_json::object();
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (means & INTERDICT_MEANS(channel))
            json[std::string(order::channel_name(channel))] = interdict_hits_by(&counter, channel, means);
    return json;
}

std::string channel_text(const interdict_hits& counter, unsigned means)
{
    std::string text;
    if (std::popcount(means) < 2)
        return text;
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (means & INTERDICT_MEANS(channel))
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", order::channel_name(channel),
                                interdict_hits_by(&counter, channel, means));
    return text;
}

} // namespace interdict::control
