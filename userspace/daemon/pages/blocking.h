// SPDX-License-Identifier: Apache-2.0
//
// blocking.h: by which orders a name or an address is blocked now, as the book has it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "book/book.h"

namespace interdict::daemon::pages {

struct Blocking {
    order::Order order; // with the one target that blocks
    std::int64_t until = 0;
};

struct Looked {
    std::string query;              // normalised: a host name in A-labels, or an address
    std::vector<Blocking> blocking; // in the order of their arrival; empty = not blocked
};

// text: a host name, an IP address, or a URL, of which the host counts. Error: none of them, in a sentence
// for whoever wrote it.
[[nodiscard]] Result<Looked> look_up(const book::Book& book, std::string_view text, std::int64_t time);

// What stands in a header Host, without its port.
[[nodiscard]] std::string host_alone(std::string_view host);

} // namespace interdict::daemon::pages
