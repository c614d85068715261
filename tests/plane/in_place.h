// SPDX-License-Identifier: Apache-2.0
//
// in_place.h: a plane whose live generation follows a list of orders, in place where that can be.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lifecycle.h"
#include "plane/patch.h"
#include "ruleset/patch.h"
#include "ruleset/text.h"
#include "unit/ruleset/history.h"

namespace interdict::lifecycle {

class Following {
public:
    Following(plane::Plane& plane, std::vector<order::Order> orders) : plane_(plane)
    {
        publish(std::move(orders));
    }

    // A whole generation.
    void publish(std::vector<order::Order> orders)
    {
        auto next = ruleset::compile(orders, {}, &rules_);
        if (!next)
            FAIL(next.error().message);
        const auto change = ruleset::diff(rules_, *next);
        const auto image = image::build_image(*next, {}, {.seed = 7, .content_hash = {}}).value();
        const auto staged = plane_.stage(image);
        if (!staged)
            FAIL(staged.error().message);
        REQUIRE(plane_.publish(*staged, {.added = change.added, .removed = change.removed}));
        rules_ = *std::move(next);
        orders_ = std::move(orders);
        digest_ = ruleset::content_hash(rules_);
    }

    struct Made {
        ruleset::Patch rules;
        image::Patch image;
        std::string text;
        std::string digest;
    };

    // Nothing, with the reason in why(): it takes a whole generation.
    std::optional<Made> make(const plane::LiveTables& tables, const std::vector<order::Order>& next)
    {
        const auto live = tables.memory(plane_.maps());
        auto places = ruleset::test::changed_places(rules_, orders_, next);
        for (auto& place : places)
            place.chain = live.chain(place.target);
        const auto before = ruleset::test::only_at(orders_, places);
        const auto after = ruleset::test::only_at(next, places);
        auto plan = ruleset::plan_patch({.all = places, .before = before, .after = after, .scopes = {}},
                                        live.free_ids());
        if (!plan)
            FAIL(plan.error().message);
        why_ = plan->whole;
        if (!plan->patch)
            return std::nullopt;
        auto image = image::make_patch(*plan->patch, live);
        why_ = image.whole;
        if (!image.patch)
            return std::nullopt;
        auto text = ruleset::write_patch(*plan->patch, digest_);
        auto digest = ruleset::hash_text(text);
        return Made{*std::move(plan->patch), *std::move(image.patch), std::move(text), std::move(digest)};
    }

    void took(const Made& made, std::vector<order::Order> next)
    {
        const auto stored = ruleset::read_patch(made.text, "patch").value();
        rules_ = ruleset::apply_patches(rules_, std::span(&stored, 1)).value();
        orders_ = std::move(next);
        digest_ = made.digest;
    }

    // In place, and true, or as a whole generation.
    bool change(std::vector<order::Order> next)
    {
        last_ = {};
        const auto tables = plane_.live_tables();
        if (!tables)
            FAIL(tables.error().message);
        const auto made = make(*tables, next);
        if (!made) {
            publish(std::move(next));
            return false;
        }
        auto patched = plane_.patch(*tables, made->image, plane::digest_of(made->digest).value());
        if (!patched)
            FAIL(patched.error().message);
        CHECK_FALSE(patched->afterwards);
        last_ = *std::move(patched);
        took(*made, std::move(next));
        return true;
    }

    [[nodiscard]] std::uint32_t id(const std::string& target) const
    {
        for (const auto& rule : rules_.rules)
            if (to_string(rule.target) == target || rule.target.name.name == target)
                return rule.id();
        FAIL("no rule on " << target);
        return 0;
    }

    [[nodiscard]] const std::string& why() const { return why_; }
    [[nodiscard]] const plane::Patched& last() const { return last_; }
    [[nodiscard]] const std::vector<order::Order>& orders() const { return orders_; }
    [[nodiscard]] const ruleset::Ruleset& rules() const { return rules_; }
    [[nodiscard]] const std::string& digest() const { return digest_; }

private:
    plane::Plane& plane_;
    std::vector<order::Order> orders_;
    ruleset::Ruleset rules_;
    std::string digest_;
    std::string why_;
    plane::Patched last_;
};

} // namespace interdict::lifecycle
