// SPDX-License-Identifier: Apache-2.0
//
// names.h: checks of one name as resolvers would have answered them, in one expression.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "watch/decide.h"

namespace interdict::watch::test {

inline constexpr std::int64_t kDay = 86'400;
inline constexpr std::int64_t kStart = 1'700'000'000;

using Texts = std::set<std::string>;

inline View alive(Texts ipv4, std::vector<std::string> chain = {}, Texts name_servers = {"ns1.host.example"})
{
    View view{.resolver = "192.0.2.53", .verdict = Verdict::Alive, .rcode = "NOERROR", .why = {}};
    view.ipv4 = std::move(ipv4);
    view.chain = std::move(chain);
    view.name_servers = std::move(name_servers);
    view.ttl = 300;
    return view;
}

inline View gone(std::string rcode = "NXDOMAIN")
{
    return {.resolver = "192.0.2.53", .verdict = Verdict::Gone, .rcode = std::move(rcode), .why = {}};
}

inline View silent() { return {.resolver = "192.0.2.53", .rcode = "no answer", .why = "no answer"}; }

// All three resolvers say the same.
inline Survey all(const std::string& name, const View& view) { return {name, {view, view, view}}; }

// Three resolvers, two must agree; a change after 3 checks and a day, death after 4 checks and 10 days.
inline Settings settings()
{
    Settings settings;
    for (const char* text : {"192.0.2.53", "198.51.100.53", "203.0.113.53"})
        settings.resolvers.push_back(parse_server(text).value());
    settings.quorum = 2;
    settings.settled = {3, kDay};
    settings.dead = {4, 10 * kDay};
    return settings;
}

// Checks of one name, half a day apart unless said otherwise.
class Watched {
public:
    explicit Watched(std::string name, Settings settings = test::settings())
        : name_(std::move(name)), settings_(std::move(settings))
    {
    }

    Watched& check(const View& view, int times = 1, std::int64_t apart = kDay / 2)
    {
        for (int i = 0; i < times; ++i)
            check_views({view, view, view}, apart);
        return *this;
    }
    Watched& check_views(std::vector<View> views, std::int64_t apart = kDay / 2)
    {
        snapshot_ = observe(std::move(snapshot_), {name_, std::move(views)}, time_, settings_);
        last_ = time_;
        time_ += apart;
        return *this;
    }

    [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }
    [[nodiscard]] std::int64_t last() const { return last_; }
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    std::string name_;
    Settings settings_;
    Snapshot snapshot_;
    std::int64_t time_ = kStart;
    std::int64_t last_ = 0;
};

} // namespace interdict::watch::test
