// SPDX-License-Identifier: Apache-2.0
//
// builder.h: gathers what a reader finds: once each, within limits, with the nearest names at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "feed/entry.h"
#include "feed/list.h"
#include "feed/read.h"
#include "feed/target_index.h"

namespace interdict::feed {

class Builder {
public:
    Builder(Format format, const Options& options);

    [[nodiscard]] const Options& options() const { return options_; }
    [[nodiscard]] order::Match match() const { return match_; } // the option's, or the format's own
    [[nodiscard]] List& list() { return list_; }

    // Reads text as a target and takes it or refuses it. expires: 0 = the entry does not say.
    void entry(std::size_t line, std::string_view text, std::string_view ticket = {},
               std::int64_t expires = 0);

    // text: how the entry stands in the list.
    void take(std::size_t line, std::string_view text, Reading reading, std::string_view ticket = {},
              std::int64_t expires = 0);

    void quarantine(std::size_t line, std::string_view text, std::string reason, std::string remedy);
    void ignore(std::size_t line, std::string_view text, std::string reason);

    // To be called now and then with what has been read.
    void progress(std::size_t bytes) const;

    // Error: more than options.max_entries.
    [[nodiscard]] Result<List> finish();

private:
    struct Garbled {
        std::size_t refused; // index
        std::string text;    // whole
    };

    [[nodiscard]] bool full();
    void refuse(std::size_t line, std::string_view text, Fault fault);

    const Options& options_;
    order::Match match_;
    List list_;
    std::vector<Garbled> garbled_;
    TargetIndex index_; // of list_.accepted
    bool overflow_ = false;
};

} // namespace interdict::feed
