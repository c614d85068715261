// SPDX-License-Identifier: Apache-2.0
#include "lab.h"

namespace interdict::watch::test {

std::string Lab::open()
{
    const auto proposals = book_.proposals().all(book::ProposalState::Open);
    REQUIRE(proposals);
    std::string out;
    for (const auto& proposal : *proposals)
        out += fmt::format("{} {} {}{}; ", proposal.id, book::to_string(proposal.kind),
                           to_string(proposal.item.target), proposal.of.empty() ? "" : " of " + proposal.of);
    return out;
}

} // namespace interdict::watch::test
