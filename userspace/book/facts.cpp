// SPDX-License-Identifier: Apache-2.0
#include "book/facts.h"

#include "book/change.h"

namespace interdict::book {

namespace {

#define INTERDICT_BOOK_SELECT_DELIVERIES                                       \
    "SELECT change, id, generation, imported, staged, published, proven, due " \
    "FROM deliveries JOIN orders USING (number) "

Result<std::vector<Delivery>> deliveries_of(Statement rows)
{
    std::vector<Delivery> out;
    INTERDICT_CHECK(rows.each([&](const Statement& row) -> Result<void> {
        out.push_back({.change = row.integer(0),
                       .order = std::string(row.text(1)),
                       .generation = static_cast<std::uint64_t>(row.integer(2)),
                       .imported = row.integer(3),
                       .staged = row.integer(4),
                       .published = row.integer(5),
                       .proven = row.integer(6),
                       .due = row.integer(7)});
        return {};
    }));
    return out;
}

std::string_view name_of(Fact fact)
{
    switch (fact) {
    case Fact::Staged:
        return "staged";
    case Fact::Published:
        return "published";
    case Fact::Proven:
        return "proven";
    }
    return "?";
}

std::string_view update_for(Fact fact)
{
    switch (fact) {
    case Fact::Staged:
        return "UPDATE deliveries SET staged = ?1, generation = ?2 "
               "WHERE proven = 0 AND change <= ?3 AND staged = 0";
    case Fact::Published:
        return "UPDATE deliveries SET published = ?1, generation = ?2 "
               "WHERE proven = 0 AND change <= ?3 AND published = 0";
    case Fact::Proven:
        return "UPDATE deliveries SET proven = ?1, generation = ?2 "
               "WHERE proven = 0 AND change <= ?3 AND published > 0";
    }
    return {};
}

} // namespace

Result<void> Facts::note(Fact fact, std::uint64_t generation, std::string_view digest, std::int64_t change,
                         const Act& act)
{
    INTERDICT_TRY(Change step, Change::begin(store_, act));
    Database& database = step.database();
    INTERDICT_CHECK(database.use(update_for(fact), step.time(), generation, change).run());
    Json detail = Json::object();
    detail["generation"] = generation;
    detail["digest"] = digest;
    detail["up_to"] = change;
    detail["changes"] = database.changed();
    INTERDICT_CHECK(step.line(name_of(fact), fmt::format("generation {}", generation), std::move(detail)));
    return step.commit();
}

Result<std::vector<Delivery>> Facts::deliveries(std::string_view order) const
{
    return deliveries_of(
        store_.database().use(INTERDICT_BOOK_SELECT_DELIVERIES "WHERE id = ?1 ORDER BY change", order));
}

Result<std::int64_t> Facts::last_change() const
{
    return store_.database().number("SELECT coalesce(max(change), 0) FROM deliveries");
}

Result<std::vector<Delivery>> Facts::due() const
{
    return deliveries_of(
        store_.database().use(INTERDICT_BOOK_SELECT_DELIVERIES
                              "WHERE due > 0 AND (proven = 0 OR proven > due) ORDER BY due, change"));
}

} // namespace interdict::book
