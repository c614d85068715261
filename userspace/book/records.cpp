// SPDX-License-Identifier: Apache-2.0
#include "book/records.h"

#include <array>

namespace interdict::book {

namespace {

constexpr std::array<std::string_view, 4> kItemStates{"active", "held", "overridden", "lifted"};
constexpr std::array<std::string_view, 4> kProposalKinds{"successor", "suspend", "lift", "override"};
constexpr std::array<std::string_view, 3> kProposalStates{"open", "approved", "rejected"};

} // namespace

std::string_view to_string(ItemState state) { return kItemStates.at(static_cast<std::size_t>(state)); }

std::string_view to_string(ProposalKind kind) { return kProposalKinds.at(static_cast<std::size_t>(kind)); }

std::string_view to_string(ProposalState state)
{
    return kProposalStates.at(static_cast<std::size_t>(state));
}

} // namespace interdict::book
