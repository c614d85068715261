// SPDX-License-Identifier: Apache-2.0
#include "feed/builder.h"

#include <algorithm>

#include "base/clock.h"
#include "feed/near.h"
#include "order/problem.h"

namespace interdict::feed {

namespace {

constexpr std::size_t kTextKept = 160;     // of a refused entry
constexpr std::size_t kGarbledMax = 10000; // for which a near name is sought

} // namespace

Builder::Builder(Format format, const Options& options)
    : options_(options),
      match_(options.match.value_or(format == Format::Hosts ? order::Match::Exact : order::Match::Subtree))
{
    list_.format = format;
    list_.source = options.source;
}

bool Builder::full()
{
    overflow_ |= list_.accepted.size() + list_.refused.size() >= options_.max_entries;
    return overflow_;
}

void Builder::entry(std::size_t line, std::string_view text, std::string_view ticket, std::int64_t expires)
{
    take(line, text, read_target(text, match_, options_), ticket, expires);
}

void Builder::take(std::size_t line, std::string_view text, Reading reading, std::string_view ticket,
                   std::int64_t expires)
{
    if (!reading)
        return refuse(line, text, std::move(reading.error()));
    if (expires != 0 && options_.received != 0 && expires <= options_.received)
        return ignore(line, text, fmt::format("ended {}", format_timestamp(expires)));
    if (full())
        return;
    const auto at = [&](std::size_t place) -> const order::Target& {
        return list_.accepted[place].item.target;
    };
    if (const auto known = index_.find_or_add(*reading, at)) {
        ignore(line, text, fmt::format("is already on line {}", list_.accepted[*known].line));
        // Both lines hold: the wider match until the later end.
        order::Item& item = list_.accepted[*known].item;
        if (reading->is_name() && reading->name.match == order::Match::Subtree)
            item.target.name.match = order::Match::Subtree;
        item.expires = item.expires == 0 || expires == 0 ? 0 : std::max(item.expires, expires);
        return;
    }
    list_.accepted.push_back({line, {*std::move(reading), expires}, std::string(ticket)});
}

void Builder::quarantine(std::size_t line, std::string_view text, std::string reason, std::string remedy)
{
    refuse(line, text, {Status::Quarantined, std::move(reason), std::move(remedy)});
}

void Builder::ignore(std::size_t line, std::string_view text, std::string reason)
{
    refuse(line, text, {Status::Ignored, std::move(reason), {}});
}

void Builder::refuse(std::size_t line, std::string_view text, Fault fault)
{
    if (full())
        return;
    if (fault.name && garbled_.size() < kGarbledMax)
        garbled_.push_back({list_.refused.size(), std::string(text.substr(0, 512))});
    list_.refused.push_back({line,
                             fault.status,
                             order::printable(text, kTextKept),
                             std::move(fault.reason),
                             std::move(fault.remedy),
                             {}});
}

void Builder::progress(std::size_t bytes) const
{
    if (options_.progress)
        options_.progress(bytes);
}

Result<List> Builder::finish()
{
    if (overflow_)
        return fail("has more than {} entries, the most that is taken; split the list", options_.max_entries);
    if (garbled_.empty())
        return std::move(list_);
    std::vector<std::string_view> known(options_.known.begin(), options_.known.end());
    for (const Accepted& accepted : list_.accepted)
        if (accepted.item.target.is_name())
            known.emplace_back(accepted.item.target.name.name);
    const Near near(std::move(known));
    for (const Garbled& garbled : garbled_)
        list_.refused[garbled.refused].nearest = near.find(garbled.text);
    return std::move(list_);
}

} // namespace interdict::feed
