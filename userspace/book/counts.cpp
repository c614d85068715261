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
