// SPDX-License-Identifier: Apache-2.0
#include "book/schema.h"

#include <array>

namespace interdict::book {

namespace {

// Times are seconds since the epoch, 0 = none. status and origin as in records.h, in words; an item's state
// and form are numbers because there are millions of them.
constexpr const char* kFirst = R"(
CREATE TABLE orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    status TEXT NOT NULL,
    kind TEXT NOT NULL,
    authority TEXT NOT NULL,
    reference TEXT NOT NULL,
    jurisdiction TEXT NOT NULL,
    issued INTEGER NOT NULL,
    effective INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    comply_within INTEGER,
    means INTEGER NOT NULL,          -- bits, as in maps/rules.h
    actions TEXT NOT NULL,           -- JSON: channel to number
    sinkhole4 TEXT, sinkhole6 TEXT,
    blocked_by TEXT NOT NULL, complaint TEXT NOT NULL, notice TEXT NOT NULL,
    scope TEXT NOT NULL,             -- JSON list of names
    observe INTEGER NOT NULL,
    dynamic INTEGER NOT NULL,
    has_document INTEGER NOT NULL, sha256 TEXT NOT NULL, uri TEXT NOT NULL,
    file TEXT NOT NULL, json_path TEXT NOT NULL, line INTEGER NOT NULL,
    received INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;

CREATE TABLE items (
    key INTEGER PRIMARY KEY,         -- not used again: no row is ever deleted
    number INTEGER NOT NULL REFERENCES orders(number),
    place INTEGER NOT NULL,          -- order::place_hash
    state INTEGER NOT NULL,          -- 0 active, 1 held, 2 overridden, 3 lifted
    form INTEGER NOT NULL,           -- 0 the name alone, 1 the name and below, 2 a prefix
    value TEXT NOT NULL,
    protocol INTEGER NOT NULL,
    ports TEXT,                      -- "443,8000-8100"
    ends INTEGER NOT NULL,           -- of this target alone
    exclusive INTEGER,               -- NULL = not said
    sharing TEXT,                    -- why an address may be blocked that is shared
    received INTEGER NOT NULL,
    lifted INTEGER NOT NULL DEFAULT 0,
    held_by TEXT, alternative TEXT, overridden_by TEXT, approved_by TEXT, successor_of TEXT, ticket TEXT
) STRICT;
CREATE INDEX items_by_order ON items(number);
CREATE INDEX items_by_place ON items(place);
CREATE INDEX items_aside ON items(number, state) WHERE state <> 0;
CREATE TRIGGER items_stay BEFORE DELETE ON items
    BEGIN SELECT raise(ABORT, 'items are lifted, never deleted'); END;

CREATE TABLE exempt (
    number INTEGER NOT NULL REFERENCES orders(number),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    exact INTEGER NOT NULL,
    PRIMARY KEY (number, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    actor TEXT NOT NULL,
    step TEXT NOT NULL,
    subject TEXT NOT NULL,
    record TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX journal_by_subject ON journal(subject);

CREATE TABLE deliveries (
    change INTEGER PRIMARY KEY REFERENCES journal(sequence),
    number INTEGER NOT NULL REFERENCES orders(number),
    generation INTEGER NOT NULL DEFAULT 0,
    imported INTEGER NOT NULL,
    staged INTEGER NOT NULL DEFAULT 0,
    published INTEGER NOT NULL DEFAULT 0,
    proven INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_by_order ON deliveries(number);
CREATE INDEX deliveries_open ON deliveries(change) WHERE proven = 0;
CREATE INDEX deliveries_due ON deliveries(due) WHERE due > 0 AND (proven = 0 OR proven > due);

CREATE TABLE proposals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,           -- 0 successor, 1 suspend, 2 lift, 3 override
    state INTEGER NOT NULL,          -- 0 open, 1 approved, 2 rejected
    number INTEGER NOT NULL REFERENCES orders(number),
    place INTEGER NOT NULL,
    form INTEGER NOT NULL, value TEXT NOT NULL, protocol INTEGER NOT NULL, ports TEXT,
    ends INTEGER NOT NULL, exclusive INTEGER, sharing TEXT,
    of TEXT NOT NULL,
    evidence TEXT NOT NULL,
    proposer TEXT NOT NULL,
    proposed INTEGER NOT NULL,
    decider TEXT NOT NULL DEFAULT '',
    decided INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX proposals_open ON proposals(place) WHERE state = 0;

CREATE TABLE documents (
    sha256 TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    added INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE feeds (
    name TEXT PRIMARY KEY,
    format TEXT NOT NULL,
    fetched INTEGER NOT NULL,
    digest TEXT NOT NULL,
    entries INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    failure TEXT NOT NULL,
    cursor TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counts (
    "order" TEXT NOT NULL,
    target TEXT NOT NULL,
    hour INTEGER NOT NULL,
    packets INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    address INTEGER NOT NULL, tls INTEGER NOT NULL, quic INTEGER NOT NULL, dns INTEGER NOT NULL,
    http INTEGER NOT NULL,
    PRIMARY KEY ("order", hour, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)";

// A source that gives whole lists, and what a person decided about them: an item or a status that the source
// merely repeats does not undo a decision, one that it gave up and gives again is new.
constexpr const char* kSecond = R"(
ALTER TABLE items ADD COLUMN listed INTEGER NOT NULL DEFAULT 1; -- the source's last list has it
ALTER TABLE orders ADD COLUMN given TEXT NOT NULL DEFAULT '';   -- status in the source's last list, '' = not in it
ALTER TABLE orders ADD COLUMN list TEXT;                        -- digest of what the source gave, NULL = compare
UPDATE orders SET given = status WHERE status NOT IN ('lifted', 'expired');
)";

// Counters of rules as they were when they were kept last: what is added to counts next is what they have
// more.
constexpr const char* kThird = R"(
CREATE TABLE readings (
    rule INTEGER PRIMARY KEY,        -- the plane's number of it
    packets INTEGER NOT NULL, bytes INTEGER NOT NULL,
    http INTEGER NOT NULL, quic INTEGER NOT NULL, dns INTEGER NOT NULL
) STRICT;
)";

// What is asked after every step: a book keeps all that ever was, and only a little of it still acts.
constexpr const char* kFourth = R"(
CREATE INDEX orders_by_status ON orders(status);
CREATE INDEX orders_effective ON orders(effective) WHERE status IN ('interim', 'active', 'varied', 'final');
CREATE INDEX orders_expiring ON orders(expires) WHERE expires > 0
    AND status IN ('interim', 'active', 'varied', 'final');
CREATE INDEX items_held ON items(number) WHERE state = 1;
)";

constexpr std::array<const char*, 4> kMigrations{kFirst, kSecond, kThird, kFourth};

} // namespace

std::span<const char* const> migrations() { return kMigrations; }

Result<std::int64_t> version_of(Database& database)
{
    INTERDICT_TRY(const std::int64_t version, database.number("PRAGMA user_version"));
    INTERDICT_TRY(const std::int64_t application, database.number("PRAGMA application_id"));
    INTERDICT_TRY(const std::int64_t tables, database.number("SELECT count(*) FROM sqlite_schema"));
    if (tables != 0 && (version == 0 || application != kApplication))
        return fail("{}: is a database of another program; name another file", database.path().string());
    const auto known = static_cast<std::int64_t>(kMigrations.size());
    if (version > known)
        return fail("{}: has schema {}, this interdict knows up to {}; use the newer interdict that wrote it",
                    database.path().string(), version, known);
    return version;
}

Result<void> migrate(Database& database)
{
    INTERDICT_TRY(const std::int64_t version, version_of(database));
    for (auto step = static_cast<std::size_t>(version); step < kMigrations.size(); ++step) {
        const std::string sql =
            fmt::format("BEGIN IMMEDIATE;{}PRAGMA application_id={};PRAGMA user_version={};COMMIT;",
                        kMigrations[step], kApplication, step + 1);
        if (auto done = database.execute(sql); !done) {
            if (database.in_transaction())
                (void)database.execute("ROLLBACK");
            return std::unexpected(
                done.error().context(fmt::format("bringing schema {} to {}", step, step + 1)));
        }
    }
    return {};
}

} // namespace interdict::book
