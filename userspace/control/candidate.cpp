// SPDX-License-Identifier: Apache-2.0
#include "control/candidate.h"

#include "ruleset/compile.h"
#include "ruleset/text.h"

namespace interdict::control {

namespace {

// All that follows from the rules.
Result<void> complete(Candidate& made, const ruleset::Ruleset& before)
{
    made.text = ruleset::write_ruleset(made.rules);
    made.digest = ruleset::hash_in(made.text);
    made.diff = ruleset::diff(before, made.rules);
    INTERDICT_TRY(made.image, image::build_image(made.rules, {}, {.seed = {}, .content_hash = made.digest}));
    return {};
}

} // namespace

Expired drop_expired(std::vector<order::Order>& orders, std::int64_t time)
{
    Expired expired;
    for (auto& order : orders) {
        if (order.expires != 0 && order.expires <= time) {
            order.status = order::Status::Expired;
            ++expired.orders;
            continue;
        }
        expired.targets += std::erase_if(order.targets, [&](const order::Item& item) {
            return item.expires != 0 && item.expires <= time;
        });
    }
    return expired;
}

Result<Candidate> make_candidate(std::vector<order::Order> orders, std::vector<order::Scope> scopes,
                                 const ruleset::Ruleset& before, std::int64_t time)
{
    Candidate made;
    made.expired = drop_expired(orders, time);
    INTERDICT_TRY(made.rules, ruleset::compile(orders, std::move(scopes), &before));
    INTERDICT_CHECK(complete(made, before));
    return made;
}

Result<Candidate> repeat(const ruleset::Ruleset& rules, const ruleset::Ruleset& before)
{
    Candidate made;
    made.rules = rules;
    INTERDICT_CHECK(complete(made, before));
    return made;
}

} // namespace interdict::control
