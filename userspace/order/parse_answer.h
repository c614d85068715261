// SPDX-License-Identifier: Apache-2.0
//
// parse_answer.h: what an order or its file says about answers: sinkhole addresses, the text of a notice.
#pragma once

#include <cstddef>
#include <string_view>

#include "order/fields.h"
#include "order/order.h"

namespace interdict::order {

// Bytes; what a notice has room for (maps/answers.h) beside the order that it names.
inline constexpr std::size_t kNoticeUrlMax = 120;
inline constexpr std::size_t kNoticeTextMax = 300;

// The member "sinkhole" of an order. actions: the order's; the member has to be there exactly with the DNS
// action SINKHOLE.
[[nodiscard]] Sinkhole parse_sinkhole(const Fields& order, const Path& path, Report& report,
                                      const Actions& actions);

// The member "notice" of an order or of a whole file; otherwise: what holds without it.
[[nodiscard]] Notice parse_notice(const Fields& fields, const Path& path, Report& report,
                                  const Notice& otherwise);

// What is wrong with a URL for a header field and a link; empty: nothing. http or https, a host, characters
// of RFC 3986 only.
[[nodiscard]] std::string_view url_fault(std::string_view url);

} // namespace interdict::order
