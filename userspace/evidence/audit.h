// SPDX-License-Identifier: Apache-2.0
//
// audit.h: the journal as a file of its own, and the check that neither it nor the book's was changed.
//
// A file is JSON lines: a head, the journal's lines in their order, an end. Whoever has it can check it
// alone:
//     {"interdict_audit":1,"from":1,"previous":"<64 zeros>"}
//     {"sequence":1,"record":"{...}","hash":"<64 hex digits>"}     for each line
//     {"lines":42,"hash":"<hash of the last line>"}
// hash = BLAKE2b-256(previous hash as 32 bytes | record as it stands).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "book/book.h"
#include "evidence/output.h"

namespace interdict::evidence {

// Where a journal stood once, deposited elsewhere: with it nobody can make the whole chain anew.
struct Deposit {
    std::int64_t sequence = 0;
    std::string hash; // 64 lower-case hex digits
};

// "42:<64 hex digits>".
[[nodiscard]] Result<Deposit> parse_deposit(std::string_view text);
[[nodiscard]] std::string to_string(const Deposit& deposit);

// The last line now; sequence 0 and 64 zeros if the journal is empty.
[[nodiscard]] Result<Deposit> head_of(const book::Journal& journal);

using AuditProgress = std::function<void(std::int64_t)>; // lines done

[[nodiscard]] Result<void> write_audit(const book::Journal& journal, Output& out,
                                       const AuditProgress& progress = {});

// deposit: this line must be there with this hash. Errors: what cannot be read at all.
[[nodiscard]] Result<book::Verified> verify_journal(const book::Journal& journal,
                                                    const std::optional<Deposit>& deposit,
                                                    const AuditProgress& progress = {});
// head is set if the file has its end. Errors: cannot be read, not an audit file.
[[nodiscard]] Result<book::Verified> verify_file(const std::filesystem::path& file,
                                                 const std::optional<Deposit>& deposit,
                                                 const AuditProgress& progress = {});

} // namespace interdict::evidence
