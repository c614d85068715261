// SPDX-License-Identifier: Apache-2.0
//
// journalled.h: a book with one order that was varied, held, stayed and counted, at fixed times.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "book/book.h"
#include "unit/book/fixture.h"
#include "unit/ruleset/builder.h"

namespace interdict::evidence::test {

class Journalled {
public:
    [[nodiscard]] const std::filesystem::path& folder() const { return directory_.path(); }
    [[nodiscard]] std::filesystem::path file() const { return directory_.file(); }
    [[nodiscard]] book::Book open(book::Access access) const { return directory_.open(access); }

    // "2026-01-31T10:00:00Z" as seconds.
    static std::int64_t at(std::string_view text) { return parse_timestamp(text).value(); }
    static book::Act act(std::string_view actor, std::string_view time, std::string_view reason = {})
    {
        return {.actor = std::string(actor), .reason = std::string(reason), .document = {}, .time = at(time)};
    }

    void fill() const
    {
        auto book = open(book::Access::Write);
        auto order = ruleset::test::make_order("it-1", {"bad.example", "=one.example", "bank.example"},
                                               {"help.bad.example"});
        order.authority = "Tribunale di Milano <sezione \"A\">";
        order.reference = "RG 1/2026 | *urgent*";
        order.jurisdiction = "IT";
        order.issued = at("2026-01-10T00:00:00Z");
        order.effective = at("2026-01-11T00:00:00Z");
        order.comply_within = 1800;
        order.document = order::Document{std::string(64, 'a'), "https://court.example/1"};
        const book::Incoming incoming{.order = order,
                                      .held = {{2, "bank.example is protected", "name its host"}}};
        REQUIRE(book.orders().add(incoming, "cli", act("maria", "2026-01-11T00:00:00Z", "as served")));
        deliver(book, 4, "2026-01-11T00:10:00Z");
        order::Item added;
        added.target.name = {"new.example", order::Match::Subtree};
        REQUIRE(book.orders().add_item("it-1", added, "bad.example and below", "T-7",
                                       act("paolo", "2026-01-12T09:00:00Z")));
        deliver(book, 5, "2026-01-12T10:00:00Z");
        order::Target gone;
        gone.name = {"one.example", order::Match::Exact};
        REQUIRE(book.orders().lift_item("it-1", gone, act("maria", "2026-01-13T09:00:00Z", "closed")));
        std::vector<book::CountRecord> counts(3);
        for (auto& count : counts)
            count.order = "it-1";
        counts[0] = count_of("bad.example and below", "2026-01-11T01:00:00Z", 1200, 90'000);
        counts[1] = count_of("new.example and below", "2026-01-12T13:00:00Z", 34, 2100);
        counts[2] = count_of("bad.example and below", "2026-01-12T14:00:00Z", 7, 500);
        REQUIRE(book.counts().add(counts));
    }

private:
    static book::CountRecord count_of(std::string_view target, std::string_view hour, std::uint64_t packets,
                                      std::uint64_t bytes)
    {
        book::CountRecord count;
        count.order = "it-1";
        count.target = target;
        count.hour = at(hour);
        count.packets = packets;
        count.bytes = bytes;
        count.channel[INTERDICT_CHANNEL_TLS] = packets - 5;
        count.channel[INTERDICT_CHANNEL_DNS] = 5;
        return count;
    }

    static void deliver(book::Book& book, std::uint64_t generation, std::string_view time)
    {
        const auto last = book.journal().last().value();
        for (const auto fact : {book::Fact::Staged, book::Fact::Published, book::Fact::Proven})
            REQUIRE(book.facts().note(fact, generation, std::string(64, 'd'), last, act("apply", time)));
    }

    testing::BookDirectory directory_;
};

} // namespace interdict::evidence::test
