// SPDX-License-Identifier: Apache-2.0
//
// lab.h: three name servers whose zone changes, a book on disk, a clock that the test moves.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <catch2/catch_test_macros.hpp>

#include "watch/watcher.h"
#include "zones.h"

namespace interdict::watch::test {

inline constexpr std::int64_t kDay = 86'400;
inline constexpr std::int64_t kStart = 1'700'000'000;
inline constexpr std::int64_t kEnd = kStart + 365 * kDay;

inline order::Item item_of(std::string_view text)
{
    order::Item item;
    if (text.find('/') == text.npos) {
        item.target.name.name = text;
    } else {
        item.target.address.prefix = order::parse_prefix(text).value();
        item.expires = kEnd;
    }
    return item;
}

inline order::Order order_on(std::string id, std::initializer_list<std::string_view> targets, bool dynamic)
{
    order::Order order;
    order.id = std::move(id);
    order.authority = "Court";
    order.reference = "1/2023";
    order.jurisdiction = "ZZ";
    order.issued = kStart;
    order.effective = kStart;
    order.dynamic = dynamic;
    for (const auto text : targets)
        order.targets.push_back(item_of(text));
    return order;
}

inline std::filesystem::path make_folder()
{
    std::string pattern = (std::filesystem::temp_directory_path() / "interdict-watch-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()));
    return pattern;
}

// A name has one address and the name servers of one host, everywhere.
inline std::string at(std::string_view name, std::string_view address)
{
    return fmt::format(R"({{"set": "{}", "records": {{"A": ["{}"], "NS": ["ns1.host.test"]}}}})", name,
                       address);
}

class Lab {
public:
    explicit Lab(std::initializer_list<order::Order> orders)
        : folder_(make_folder()), zones_(std::move(Zones::start(3)).value()),
          book_(book::Book::open(folder_ / "book.db", book::Access::Write).value()),
          guard_(guard::Guard::make({}, {}).value())
    {
        for (const auto& order : orders)
            REQUIRE(book_.orders().add({order}, "file", {.actor = "anna", .time = kStart}));
        settings.resolvers = zones_.servers();
        settings.quorum = 2;
        settings.interval = 3600;
        settings.settled = {3, kDay};
        settings.dead = {4, 10 * kDay};
        settings.pace = {.per_second = 5000, .concurrent = 64, .timeout = 150, .tries = 1};
    }
    ~Lab() { std::filesystem::remove_all(folder_); }

    void zone(std::string_view command) { zones_.command(command); }

    Result<Round> try_round(const Wish& wish = {.order = {}})
    {
        Watcher watcher(book_, settings, [this](const order::Order& order) { return guard_.check(order); });
        return watcher.check(wish, time, {});
    }
    // Rounds half a day apart; the last one.
    Round rounds(int count)
    {
        Round round;
        for (int i = 0; i < count; ++i) {
            auto one = try_round();
            REQUIRE(one);
            round = *std::move(one);
            time += kDay / 2;
        }
        return round;
    }
    // "1 successor 192.0.2.8/32 of 192.0.2.7/32; ", whatever is open.
    std::string open();
    book::Book& book() { return book_; }

    Settings settings;
    std::int64_t time = kStart + kDay;

private:
    std::filesystem::path folder_;
    Zones zones_;
    book::Book book_;
    guard::Guard guard_;
};

} // namespace interdict::watch::test
