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

private:
    Store& store_;
};

} // namespace interdict::book
