// SPDX-License-Identifier: Apache-2.0
#include "book/feeds.h"

#include "book/store.h"

namespace interdict::book {

namespace {

Result<std::vector<FeedState>> states_of(Statement rows)
{
    std::vector<FeedState> out;
    INTERDICT_CHECK(rows.each([&](const Statement& row) -> Result<void> {
        out.push_back({.name = std::string(row.text(0)),
                       .format = std::string(row.text(1)),
                       .fetched = row.integer(2),
                       .digest = std::string(row.text(3)),
                       .entries = static_cast<std::uint64_t>(row.integer(4)),
                       .failed = row.integer(5),
                       .failure = std::string(row.text(6)),
                       .cursor = std::string(row.text(7))});
        return {};
    }));
    return out;
}

} // namespace

Result<std::optional<FeedState>> Feeds::find(std::string_view name) const
{
    INTERDICT_TRY(auto found,
                  states_of(store_.database().use("SELECT name, format, fetched, digest, entries, failed, "
                                                  "failure, cursor FROM feeds WHERE name = ?1",
                                                  name)));
    if (found.empty())
        return std::nullopt;
    return std::move(found.front());
}

Result<std::vector<FeedState>> Feeds::all() const
{
    return states_of(store_.database().use(
        "SELECT name, format, fetched, digest, entries, failed, failure, cursor FROM feeds ORDER BY name"));
}

Result<void> Feeds::set(const FeedState& state)
{
    INTERDICT_CHECK(store_.require_writable());
    return store_.database()
        .use("INSERT OR REPLACE INTO feeds(name, format, fetched, digest, entries, failed, failure, cursor) "
             "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
             state.name, state.format, state.fetched, state.digest, state.entries, state.failed,
             state.failure, state.cursor)
        .run();
}

} // namespace interdict::book
