// SPDX-License-Identifier: Apache-2.0
//
// A hosts file used as a block list: names on 0.0.0.0, a loopback address or their IPv6 forms.
#include <algorithm>
#include <array>

#include "feed/formats.h"
#include "feed/lines.h"
#include "order/prefix.h"

namespace interdict::feed {

namespace {

// Names that such files carry for the machine itself.
bool own_name(std::string_view name)
{
    static constexpr std::array<std::string_view, 12> kOwn{
        "localhost",     "localhost.localdomain", "local",        "broadcasthost",
        "ip6-localhost", "ip6-loopback",          "ip6-localnet", "ip6-mcastprefix",
        "ip6-allnodes",  "ip6-allrouters",        "ip6-allhosts", "0.0.0.0"};
    return std::ranges::find(kOwn, name) != kOwn.end();
}

bool nowhere(const order::Prefix& address)
{
    if (!address.v6)
        return address.address[0] == 127 ||
               std::ranges::all_of(address.address, [](std::uint8_t byte) { return byte == 0; });
    return std::all_of(address.address.begin(), address.address.end() - 1,
                       [](std::uint8_t byte) { return byte == 0; }) &&
           address.address[15] <= 1;
}

} // namespace

Result<void> read_hosts(std::string_view text, Builder& builder)
{
    Lines lines(text);
    while (const auto line = lines.next()) {
        std::string_view rest = line->substr(0, line->find('#'));
        const std::string_view whole = trimmed(rest);
        const std::string_view first = take_word(rest);
        if ((lines.number() & 0xfff) == 0)
            builder.progress(lines.offset());
        if (first.empty())
            continue;
        const auto address = order::parse_address(first.substr(0, first.find('%')));
        if (!address) {
            builder.quarantine(lines.number(), whole, "does not start with an address",
                               "write \"0.0.0.0 NAME\", or read the file as plain");
            continue;
        }
        bool any = false;
        while (true) {
            const std::string_view name = take_word(rest);
            if (name.empty())
                break;
            any = true;
            if (own_name(name))
                continue;
            if (nowhere(*address))
                builder.take(lines.number(), name, read_name(name, builder.match(), builder.options()));
            else
                builder.quarantine(lines.number(), whole,
                                   fmt::format("sends the name to {}, which may be where it is", first),
                                   "write 0.0.0.0 if it is to be blocked");
        }
        if (!any)
            builder.quarantine(lines.number(), whole, "has no name", "write \"0.0.0.0 NAME\"");
    }
    return {};
}

} // namespace interdict::feed
