// SPDX-License-Identifier: Apache-2.0
#include "control/deadlines.h"

namespace interdict::control {

Result<std::vector<Deadline>> deadlines(const book::Book& book, std::int64_t time)
{
    INTERDICT_TRY(auto due, book.facts().due());
    std::vector<Deadline> out;
    out.reserve(due.size());
    for (auto& delivery : due) {
        Deadline deadline{.delivery = std::move(delivery)};
        const auto& [at, proven] = std::pair(deadline.delivery.due, deadline.delivery.proven);
        deadline.left = at - (proven != 0 ? proven : time);
        deadline.state = proven != 0         ? Deadline::State::Missed
                         : deadline.left < 0 ? Deadline::State::Overdue
                                             : Deadline::State::Running;
        out.push_back(std::move(deadline));
    }
    return out;
}

Result<Overview> overview(const book::Book& book, std::int64_t time)
{
    INTERDICT_TRY(const auto tally, book.orders().tally());
    INTERDICT_TRY(const auto proposals, book.proposals().all(book::ProposalState::Open));
    INTERDICT_TRY(const auto all, deadlines(book, time));
    Overview made{.orders = tally.orders,
                  .in_force = tally.in_force,
                  .held = tally.held,
                  .proposals = proposals.size(),
                  .next = {}};
    for (const auto& deadline : all) {
        made.overdue += deadline.state == Deadline::State::Overdue;
        if (!made.next && deadline.state == Deadline::State::Running)
            made.next = deadline;
    }
    return made;
}

std::string_view to_string(Deadline::State state)
{
    switch (state) {
    case Deadline::State::Running:
        return "running";
    case Deadline::State::Overdue:
        return "overdue";
    case Deadline::State::Missed:
        return "missed";
    }
    return "";
}

std::string countdown(std::int64_t seconds)
{
    const bool over = seconds < 0;
    const std::int64_t left = over ? -seconds : seconds;
    constexpr std::int64_t kDay = 86400;
    const std::string clock =
        fmt::format("{:02}:{:02}:{:02}", left % kDay / 3600, left % 3600 / 60, left % 60);
    return fmt::format("{}{}{}", over ? "- " : "", left >= kDay ? fmt::format("{} d ", left / kDay) : "",
                       clock);
}

std::string_view furthest(const book::Delivery& delivery)
{
    return delivery.proven != 0      ? "proven"
           : delivery.published != 0 ? "published"
           : delivery.staged != 0    ? "staged"
                                     : "imported";
}

} // namespace interdict::control
