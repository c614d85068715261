// SPDX-License-Identifier: Apache-2.0
//
// journal.h: every step that was taken, as a chain of hashes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/records.h"

namespace interdict::book {

class Store;

// The first thing that is wrong with the journal.
struct JournalFault {
    enum class Kind : std::uint8_t {
        Altered,   // a line's text, columns or hash
        Removed,   // a line is missing
        Reordered, // a line stands where another was
        CutOff,    // lines are missing at the end
    };
    Kind kind = Kind::Altered;
    std::int64_t sequence = 0; // of the first line concerned
    std::string what;          // "line 7 was altered: ..."
};

struct Verified {
    std::int64_t lines = 0; // read; up to the fault, if there is one
    std::string hash;       // of the last good line, zeros if there is none
    bool head = false;      // journal.head was there: without it nobody sees lines cut off at the end
    std::optional<JournalFault> fault{};
};

class Journal {
public:
    explicit Journal(Store& store) : store_(store) {}

    // Oldest first; from: first sequence number. Stops at the first error of `take`.
    [[nodiscard]] Result<void> each(std::int64_t from,
                                    const std::function<Result<void>(const JournalEntry&)>& take) const;
    // Lines about this order.
    [[nodiscard]] Result<std::vector<JournalEntry>> history(std::string_view order) const;
    // Sequence number and hash of the last line, as kept beside the database (journal.head): shows that lines
    // were cut off at the end. Nothing if that file is not there.
    [[nodiscard]] Result<std::optional<JournalEntry>> head_beside() const;

    // A sentence about something else that was done: an export, a rollback, a report.
    [[nodiscard]] Result<void> remark(std::string_view step, std::string_view subject,
                                      std::string_view detail_json, const Act& act);
    [[nodiscard]] Result<std::int64_t> last() const; // the journal's last sequence number, 0 = empty

    // Walks the chain: every hash, every line against its columns, no gaps, journal.head. A head that lags
    // behind is no fault: it is written after the line. Errors: what cannot be read at all.
    [[nodiscard]] Result<Verified> verify(const std::function<void(std::int64_t)>& progress = {}) const;

private:
    Store& store_;
};

[[nodiscard]] std::string_view to_string(JournalFault::Kind kind);

} // namespace interdict::book
