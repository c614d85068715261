// SPDX-License-Identifier: Apache-2.0
#include "book/change.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"

namespace interdict::book {

namespace {

// As it will stand in a JSON text: bytes that are not UTF-8 replaced.
std::string valid(std::string_view text)
{
    const bool plain = std::ranges::all_of(text, [](char c) { return c > 0x1f && c < 0x7f; });
    return plain ? std::string(text) : Json::parse(text_of(Json(text))).get<std::string>();
}

void roll_back(Store& store)
{
    Database& database = store.database();
    // A full disk has rolled it back already.
    if (!database.in_transaction())
        return;
    if (!store.together()) {
        (void)database.use("ROLLBACK").run();
        return;
    }
    (void)database.use("ROLLBACK TO step").run();
    (void)database.use("RELEASE step").run();
}

// What the next line follows. A number that was in use is not used again: lines that somebody cut off leave a
// gap.
Result<Tail> next_to(Store& store)
{
    INTERDICT_TRY(Tail tail, store.tail());
    INTERDICT_TRY(const std::int64_t used, store.database().number("SELECT max(change) FROM deliveries"));
    tail.sequence = std::max(tail.sequence, used);
    return tail;
}

unsigned nibble(char digit) { return static_cast<unsigned>(digit >= 'a' ? digit - 'a' + 10 : digit - '0'); }

} // namespace

std::string chain(std::string_view previous_hex, std::string_view record)
{
    std::array<char, 32> previous{};
    for (std::size_t i = 0; i < previous.size() && 2 * i + 1 < previous_hex.size(); ++i)
        previous[i] = static_cast<char>(nibble(previous_hex[2 * i]) << 4 | nibble(previous_hex[2 * i + 1]));
    Blake2b sum;
    sum.add({previous.data(), previous.size()});
    sum.add(record);
    return sum.finish_hex();
}

Result<Change> Change::begin(Store& store, const Act& act)
{
    Database& database = store.database();
    INTERDICT_CHECK(store.require_writable());
    if (act.actor.find_first_not_of(" \t\n\r") == std::string::npos)
        return fail("nobody is named who takes this step; name the actor");
    if (!act.document.empty() && !is_hex_256(act.document))
        return fail("\"{}\" is not a SHA-256 digest; write the 64 hex digits that sha256sum prints",
                    act.document);
    if (store.together() && !database.in_transaction())
        return fail("{}: the steps before this one were rolled back", database.path().string());
    INTERDICT_CHECK(database.use(store.together() ? "SAVEPOINT step" : "BEGIN IMMEDIATE").run());
    auto tail = next_to(store);
    if (!tail) {
        roll_back(store);
        return std::unexpected(std::move(tail).error());
    }
    Act whole{.actor = valid(act.actor),
              .reason = valid(act.reason),
              .document = act.document,
              .time = act.time != 0 ? act.time : now()};
    return Change(store, std::move(whole), *std::move(tail));
}

Change::Change(Change&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)), act_(std::move(other.act_)), tail_(std::move(other.tail_))
{
}

Change::~Change()
{
    if (store_)
        roll_back(*store_);
}

Result<std::int64_t> Change::line(std::string_view step, std::string_view subject, Json detail,
                                  std::string_view reason)
{
    const std::string about = valid(subject);
    const std::int64_t sequence = tail_.sequence + 1;
    Json record = Json::object();
    record["sequence"] = sequence;
    record["time"] = format_timestamp(act_.time);
    record["actor"] = act_.actor;
    record["step"] = step;
    record["subject"] = about;
    record["reason"] = reason.empty() ? act_.reason : reason;
    record["document"] = act_.document;
    record["detail"] = std::move(detail);
    const std::string text = text_of(record);
    std::string hash = chain(tail_.hash, text);
    INTERDICT_CHECK(database()
                        .use("INSERT INTO journal(sequence, time, actor, step, subject, record, hash) "
                             "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                             sequence, act_.time, act_.actor, step, about, text, hash)
                        .run());
    tail_ = {.sequence = sequence, .hash = std::move(hash)};
    return sequence;
}

Result<void> Change::deliver(std::string_view step, std::int64_t number, std::string_view order, Json detail,
                             std::int64_t due, std::string_view reason)
{
    INTERDICT_TRY(const std::int64_t sequence, line(step, order, std::move(detail), reason));
    return database()
        .use("INSERT INTO deliveries(change, number, imported, due) VALUES(?1, ?2, ?3, ?4)", sequence, number,
             act_.time, due)
        .run();
}

Result<void> Change::commit()
{
    if (store_->together()) {
        INTERDICT_CHECK(database().use("RELEASE step").run());
        store_ = nullptr;
        return {};
    }
    INTERDICT_CHECK(database().use("COMMIT").run());
    std::exchange(store_, nullptr)->write_head(tail_);
    return {};
}

} // namespace interdict::book
