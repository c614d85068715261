// SPDX-License-Identifier: Apache-2.0
#include "control/candidate.h"

#include <algorithm>
#include <future>

#include "plane/patch.h"
#include "ruleset/compile.h"
#include "ruleset/text.h"

namespace interdict::control {

namespace {

// All that follows from the rules.
Result<void> complete(Candidate& made, const ruleset::Ruleset& before)
{
    // The text of millions takes as long as their image.
    auto image = std::async(std::launch::async, [&made] {
        return image::build_image(made.rules, {}, {.seed = {}, .content_hash = std::string(64, '0')});
    });
    made.text = ruleset::write_ruleset(made.rules);
    made.digest = ruleset::hash_in(made.text);
    made.diff = ruleset::diff(before, made.rules);
    INTERDICT_TRY(made.image, image.get());
    INTERDICT_TRY(const auto digest, plane::digest_of(made.digest));
    std::ranges::copy(digest, made.image.header.digest);
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
