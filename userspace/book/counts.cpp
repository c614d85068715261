// SPDX-License-Identifier: Apache-2.0
#include "book/counts.h"

#include "book/store.h"

namespace interdict::book {

Result<void> Counts::add(std::span<const CountRecord> counts)
{
    INTERDICT_CHECK(store_.require_writable());
    Database& database = store_.database();
    INTERDICT_CHECK(database.use("SAVEPOINT counts").run());
    const auto write = [&]() -> Result<void> {
        Statement add = database.use(
            "INSERT INTO counts(\"order\", target, hour, packets, bytes, address, tls, quic, dns, http) "
            "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE SET "
            "packets = packets + excluded.packets, bytes = bytes + excluded.bytes, "
            "address = address + excluded.address, tls = tls + excluded.tls, quic = quic + excluded.quic, "
            "dns = dns + excluded.dns, http = http + excluded.http");
        for (const CountRecord& one : counts)
            INTERDICT_CHECK(add.with(one.order, one.target, one.hour, one.packets, one.bytes,
                                     one.channel[INTERDICT_CHANNEL_ADDRESS],
                                     one.channel[INTERDICT_CHANNEL_TLS], one.channel[INTERDICT_CHANNEL_QUIC],
                                     one.channel[INTERDICT_CHANNEL_DNS], one.channel[INTERDICT_CHANNEL_HTTP])
                                .run());
        return database.use("RELEASE counts").run();
    };
    auto written = write();
    // A full disk has rolled it back already.
    if (!written && database.in_transaction()) {
        (void)database.use("ROLLBACK TO counts").run();
        (void)database.use("RELEASE counts").run();
    }
    return written;
}

Result<std::vector<CountRecord>> Counts::of(std::string_view order, std::int64_t from,
                                            std::int64_t until) const
{
    std::vector<CountRecord> out;
    INTERDICT_CHECK(store_.database()
                        .use("SELECT target, hour, packets, bytes, address, tls, quic, dns, http FROM counts "
                             "WHERE \"order\" = ?1 AND hour >= ?2 AND hour < ?3 ORDER BY hour, target",
                             order, from, until)
                        .each([&](const Statement& row) -> Result<void> {
                            CountRecord& one = out.emplace_back();
                            const auto number = [&](int column) {
                                return static_cast<std::uint64_t>(row.integer(column));
                            };
                            one.order = order;
                            one.target = row.text(0);
                            one.hour = row.integer(1);
                            one.packets = number(2);
                            one.bytes = number(3);
                            one.channel[INTERDICT_CHANNEL_ADDRESS] = number(4);
                            one.channel[INTERDICT_CHANNEL_TLS] = number(5);
                            one.channel[INTERDICT_CHANNEL_QUIC] = number(6);
                            one.channel[INTERDICT_CHANNEL_DNS] = number(7);
                            one.channel[INTERDICT_CHANNEL_HTTP] = number(8);
                            return {};
                        }));
    return out;
}

Result<bool> Counts::roll_up(std::string_view order, std::int64_t from, std::int64_t until)
{
    INTERDICT_CHECK(store_.require_writable());
    Database& database = store_.database();
    std::int64_t hour = 0;
    {
        Statement row =
            database.use("SELECT hour FROM counts WHERE \"order\" = ?1 AND hour >= ?2 AND hour < ?3 "
                         "AND hour % 86400 <> 0 ORDER BY hour LIMIT 1",
                         order, from, until);
        INTERDICT_TRY(const bool found, row.step());
        if (!found)
            return false;
        hour = row.integer(0);
    }
    std::vector<CountRecord> counts;
    INTERDICT_TRY(counts, of(order, hour, hour + 1));
    for (auto& count : counts)
        count.hour -= count.hour % 86'400;
    INTERDICT_CHECK(add(counts));
    INTERDICT_CHECK(database.use("DELETE FROM counts WHERE \"order\" = ?1 AND hour = ?2", order, hour).run());
    return true;
}

namespace {

RuleReading reading_of(const Statement& row)
{
    RuleReading reading;
    reading.rule = static_cast<std::uint32_t>(row.integer(0));
    reading.hits.packets = static_cast<std::uint64_t>(row.integer(1));
    reading.hits.bytes = static_cast<std::uint64_t>(row.integer(2));
    reading.hits.http = static_cast<std::uint32_t>(row.integer(3));
    reading.hits.quic = static_cast<std::uint32_t>(row.integer(4));
    reading.hits.dns = static_cast<std::uint32_t>(row.integer(5));
    return reading;
}

} // namespace

Result<std::vector<RuleReading>> Counts::readings() const
{
    std::vector<RuleReading> out;
    INTERDICT_CHECK(store_.database()
                        .use("SELECT rule, packets, bytes, http, quic, dns FROM readings ORDER BY rule")
                        .each([&](const Statement& row) -> Result<void> {
                            out.push_back(reading_of(row));
                            return {};
                        }));
    return out;
}

Result<std::optional<RuleReading>> Counts::reading(std::uint32_t rule) const
{
    Statement row = store_.database().use(
        "SELECT rule, packets, bytes, http, quic, dns FROM readings WHERE rule = ?1", rule);
    INTERDICT_TRY(const bool found, row.step());
    return found ? std::optional(reading_of(row)) : std::nullopt;
}

Result<void> Counts::set_reading(const RuleReading& reading)
{
    INTERDICT_CHECK(store_.require_writable());
    const auto& hits = reading.hits;
    return store_.database()
        .use("INSERT OR REPLACE INTO readings(rule, packets, bytes, http, quic, dns) "
             "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
             reading.rule, hits.packets, hits.bytes, hits.http, hits.quic, hits.dns)
        .run();
}

Result<void> Counts::forget_reading(std::uint32_t rule)
{
    INTERDICT_CHECK(store_.require_writable());
    return store_.database().use("DELETE FROM readings WHERE rule = ?1", rule).run();
}

Result<void> Counts::forget_readings()
{
    INTERDICT_CHECK(store_.require_writable());
    return store_.database().use("DELETE FROM readings").run();
}

Result<std::optional<std::string>> Counts::value(std::string_view key) const
{
    Statement row = store_.database().use("SELECT value FROM settings WHERE key = ?1", key);
    INTERDICT_TRY(const bool found, row.step());
    return found ? std::optional(std::string(row.text(0))) : std::nullopt;
}

Result<void> Counts::set_value(std::string_view key, std::string_view value)
{
    INTERDICT_CHECK(store_.require_writable());
    return store_.database()
        .use("INSERT OR REPLACE INTO settings(key, value) VALUES(?1, ?2)", key, value)
        .run();
}

} // namespace interdict::book
