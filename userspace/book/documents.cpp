// SPDX-License-Identifier: Apache-2.0
#include "book/documents.h"

#include "base/digest.h"
#include "book/change.h"

namespace interdict::book {

namespace {

constexpr std::size_t kLongest = std::size_t{64} << 20; // bytes

} // namespace

Result<std::string> Documents::keep(std::string_view bytes, std::string_view name, const Act& act)
{
    if (bytes.empty())
        return fail("{}: is empty; name the file of the instrument", name);
    if (bytes.size() > kLongest)
        return fail(
            "{}: has {} bytes, the book keeps documents up to {}; keep it elsewhere and name its SHA-256",
            name, bytes.size(), kLongest);
    std::string hash = sha256(bytes);
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    Database& database = change.database();
    INTERDICT_CHECK(database
                        .use("INSERT OR IGNORE INTO documents(sha256, name, added, bytes) "
                             "VALUES(?1, ?2, ?3, CAST(?4 AS BLOB))",
                             hash, name, change.time(), bytes)
                        .run());
    if (database.changed() == 0)
        return hash; // it is there
    Json detail = Json::object();
    detail["sha256"] = hash;
    detail["bytes"] = bytes.size();
    INTERDICT_CHECK(change.line("document", name, std::move(detail)));
    INTERDICT_CHECK(change.commit());
    return hash;
}

Result<std::optional<std::string>> Documents::find(std::string_view hash) const
{
    Statement row = store_.database().use("SELECT bytes FROM documents WHERE sha256 = ?1", hash);
    INTERDICT_TRY(const bool found, row.step());
    if (!found)
        return std::nullopt;
    std::string bytes(row.text(0));
    if (sha256(bytes) != hash)
        return std::unexpected(store_.database().damaged(fmt::format("document {} has another hash", hash)));
    return bytes;
}

} // namespace interdict::book
