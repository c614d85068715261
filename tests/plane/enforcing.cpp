// SPDX-License-Identifier: Apache-2.0
//
// enforcing.cpp: steps in the book, carried out in place on a plane without interfaces.
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/archive.h"
#include "control/edge.h"
#include "control/enforcer.h"
#include "control/patcher.h"
#include "harness/temporary.h"
#include "lifecycle.h"
#include "unit/control/orders.h"

using namespace interdict;
using namespace interdict::control::test;

namespace {

constexpr std::size_t kMany = 60;

template <class T>
T got(Result<T> result)
{
    if (!result)
        FAIL(result.error().message);
    return *std::move(result);
}

guard::Guard guard_with(const std::string& canary)
{
    guard::Settings settings;
    if (!canary.empty())
        settings.canary_names.push_back(canary);
    return got(guard::Guard::make(settings, {}));
}

// A book with one order of many names, live.
class Bed {
public:
    explicit Bed(const std::string& canary = {}) : guard_(guard_with(canary))
    {
        lifecycle::need_privilege();
        listener_.warn = [this](std::string_view text) { warnings_.emplace_back(text); };
        edge_ = got(control::Edge::over(got(plane::Plane::detached()), state_, listener_));
        std::vector<order::Item> items;
        for (std::size_t i = 0; i < kMany; ++i)
            items.push_back(name(fmt::format("n{}.many.example", i)));
        REQUIRE(book_.orders().add({.order = order_of("many", items)}, "cli", kAna));
        control::Stopwatch watch;
        const auto plan = got(enforcer().plan({}));
        REQUIRE(got(enforcer().carry_out(plan, kAna, watch)).number == 1);
    }

    [[nodiscard]] control::Enforcer enforcer() { return {book_, guard_, state_, edge_, listener_}; }

    // A step planned at these targets, in the book.
    control::Plan plan(std::vector<order::Item> items, const std::function<Result<void>()>& step)
    {
        control::Reach reach;
        for (const auto& item : items)
            reach.targets.push_back(item.target);
        const auto before = got(enforcer().before(reach));
        REQUIRE(step());
        return got(enforcer().plan(before, {}));
    }

    control::Plan add(const std::string& id, const std::string& target)
    {
        return plan({name(target)},
                    [&] { return book_.orders().add({.order = order_of(id, {name(target)})}, "cli", kAna); });
    }

    control::Plan lift(const std::string& target)
    {
        return plan({name(target)},
                    [&] { return book_.orders().lift_item("many", name(target).target, kAna); });
    }

    control::Publication carry_out(const control::Plan& plan)
    {
        control::Stopwatch watch;
        return got(enforcer().carry_out(plan, kAna, watch));
    }

    // Calls `die` in a process of its own, that must not return from it.
    static void killed_in(const std::function<void()>& die)
    {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            die();
            ::_exit(0);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));
    }

    [[nodiscard]] bool blocks(const std::string& target)
    {
        const auto tables = got(edge_.plane().live_tables());
        return tables.view().find(name(target).target) != 0;
    }

    // What the state directory says is live is what the kernel has.
    void check_known()
    {
        const auto rules = got(state_.rules(*edge_.live()));
        REQUIRE(rules);
        const auto tables = got(edge_.plane().live_tables());
        std::size_t present = 0;
        for (std::uint32_t id = 1; id < tables.header().rules; ++id)
            present += tables.rule(id).has_value();
        CHECK(present == rules->rules.size());
        for (const auto& rule : rules->rules) {
            const auto live = tables.rule(rule.id());
            REQUIRE(live);
            CHECK(live->next == rule.record.next);
        }
    }

    [[nodiscard]] book::Book& book() { return book_; }
    [[nodiscard]] control::Edge& edge() { return edge_; }
    [[nodiscard]] const control::State& state() const { return state_; }
    [[nodiscard]] const control::Listener& listener() const { return listener_; }
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

private:
    testing::Temporary directory_;
    control::State state_{directory_.path() / "state"};
    book::Book book_ = got(book::Book::in_memory());
    guard::Guard guard_;
    std::vector<std::string> warnings_;
    control::Listener listener_;
    control::Edge edge_;
};

} // namespace

TEST_CASE("enforcing: one target comes and goes in place, the book knows it as proven")
{
    Bed bed;
    const auto plan = bed.add("one", "one.example");
    REQUIRE(plan.change);
    CHECK(plan.whole.empty());
    const auto done = bed.carry_out(plan);
    CHECK(done.number == 3);
    CHECK(done.proven == 1);
    CHECK(done.proven_live);
    CHECK(done.instead.empty());
    CHECK(bed.blocks("one.example"));
    bed.check_known();
    const auto deliveries = got(bed.book().facts().deliveries("one"));
    REQUIRE(deliveries.size() == 1);
    CHECK(deliveries[0].generation == 3);
    CHECK(deliveries[0].proven != 0);

    const auto lift = bed.lift("n7.many.example");
    REQUIRE(lift.change);
    const auto lifted = bed.carry_out(lift);
    CHECK(lifted.number == 5);
    CHECK(lifted.retired == 1);
    CHECK(lifted.proven_live);
    CHECK_FALSE(bed.blocks("n7.many.example"));
    CHECK(bed.state().patches(control::digest_text(*bed.edge().live())) == 2);
    bed.check_known();
    CHECK(bed.warnings().empty());
}

TEST_CASE("enforcing: the book publishes nothing again after changes in place")
{
    Bed bed;
    bed.carry_out(bed.add("one", "one.example"));
    bed.edge().set_rules(*got(bed.state().rules(*bed.edge().live())));
    const auto plan = got(bed.enforcer().plan({}));
    CHECK(plan.unchanged);
    CHECK(bed.carry_out(plan).number == 0);
    CHECK(bed.edge().live()->number == 3);
}

TEST_CASE("enforcing: what takes a whole generation, and why")
{
    Bed bed;
    const auto why = [&](const control::Reach& reach) { return got(bed.enforcer().before(reach)).whole; };
    const auto at = [](std::size_t count) {
        control::Reach reach;
        for (std::size_t i = 0; i < count; ++i)
            reach.targets.push_back(name(fmt::format("n{}.many.example", i)).target);
        return reach;
    };
    CHECK(why(at(8)).empty());
    CHECK(why(at(9)) == "9 of 60 targets may change: a whole generation is quicker");
    CHECK(why({.targets = {}, .unbounded = "a rollback"}) == "a rollback");

    // One that is not carried out on the plane.
    REQUIRE(bed.book().orders().lift_item("many", name("n1.many.example").target, kAna));
    CHECK(why(at(1)) == "the book has other changes that are not live yet");
    CHECK(bed.carry_out(got(bed.enforcer().plan({}))).number == 2);
    CHECK(why(at(1)).empty());
    // A line of the journal that changes nothing in force.
    REQUIRE(bed.book().journal().remark("report", "many", "{}", kAna));
    CHECK(why(at(1)).empty());

    auto exempting = order_of("exempting", {name("free.example")});
    exempting.exempt.push_back({.name = "www.free.example", .match = order::Match::Exact});
    const auto plan = bed.plan({name("free.example")},
                               [&] { return bed.book().orders().add({.order = exempting}, "cli", kAna); });
    CHECK_FALSE(plan.change);
    CHECK(plan.whole.starts_with("an order has exemptions"));
    CHECK(bed.carry_out(plan).number == 3);
    CHECK(why(at(1)).starts_with("an order has exemptions"));
}

TEST_CASE("enforcing: killed after the change was written down and before it was made")
{
    Bed bed;
    const auto plan = bed.lift("n7.many.example");
    REQUIRE(plan.change);
    const control::Witness die = [](book::Fact, std::uint64_t, const std::string&) { ::raise(SIGKILL); };
    Bed::killed_in([&] {
        (void)control::Patcher(bed.edge(), bed.state(), bed.listener()).carry_out(*plan.change, {}, die);
    });
    CHECK(bed.blocks("n7.many.example"));
    CHECK(got(bed.state().recover(bed.edge().plane())) == 0);

    const auto next = bed.add("one", "one.example");
    CHECK_FALSE(next.change);
    CHECK(next.whole == "the book has other changes that are not live yet");
    CHECK(bed.carry_out(next).number == 2);
    CHECK_FALSE(bed.blocks("n7.many.example"));
    CHECK(bed.blocks("one.example"));
    bed.check_known();
}

TEST_CASE("enforcing: killed between any two stores of a change, the next step finishes it")
{
    for (int after = 0;; ++after) {
        CAPTURE(after);
        Bed bed;
        bed.carry_out(bed.add("one", "one.example"));
        // Something comes, something goes.
        const auto plan = bed.plan({name("two.example"), name("n7.many.example")}, [&]() -> Result<void> {
            INTERDICT_CHECK(bed.book().orders().lift_item("many", name("n7.many.example").target, kAna));
            return bed.book().orders().add({.order = order_of("two", {name("two.example")})}, "cli", kAna);
        });
        REQUIRE(plan.change);
        const auto& change = *plan.change;
        REQUIRE(bed.state().keep_patch(5, change.digest, change.before, change.text));
        REQUIRE(bed.state().begin_retirement({.before = change.before,
                                              .number = 5,
                                              .after = change.digest,
                                              .rules = &change.rules.before,
                                              .plane = {},
                                              .counts = {{change.image.removed.front(), {}}}}));
        int left = after;
        const auto between = [&] {
            if (left-- == 0)
                ::raise(SIGKILL);
        };
        const auto digest = got(plane::digest_of(change.digest));
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            (void)bed.edge().plane().patch(*change.tables, change.image, digest, between);
            ::_exit(0);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        if (!WIFSIGNALED(status)) {
            REQUIRE(after > 2);
            break;
        }
        const bool finished = bed.edge().live()->number == 5;
        const bool half = control::intended(bed.edge().plane()).has_value();
        CHECK(got(bed.state().recover(bed.edge().plane())) == (finished || half ? 1 : 0));

        const auto next = bed.add("three", "three.example");
        CHECK_FALSE(next.change);
        CHECK(bed.carry_out(next).proven_live);
        CHECK_FALSE(control::intended(bed.edge().plane()));
        CHECK(bed.blocks("one.example"));
        CHECK(bed.blocks("two.example"));
        CHECK(bed.blocks("three.example"));
        CHECK_FALSE(bed.blocks("n7.many.example"));
        bed.check_known();
    }
}

TEST_CASE("enforcing: a change that does not prove is followed by a whole generation")
{
    Bed bed;
    auto plan = bed.add("one", "one.example");
    REQUIRE(plan.change);
    // Nothing that the guard protects: the whole generation may be published.
    plan.canaries.push_back({.name = "www.one.example", .address = {}, .list = "test"});
    const auto done = bed.carry_out(plan);
    CHECK(done.number == 4);
    CHECK(done.instead.find("www.one.example") != std::string::npos);
    CHECK(done.proven_live);
    CHECK(bed.blocks("one.example"));
    bed.check_known();
}

TEST_CASE("enforcing: a change that must not be is taken back, with ids and all")
{
    Bed bed("www.one.example");
    const auto before = *got(bed.state().rules(*bed.edge().live()));
    auto plan = bed.add("one", "one.example");
    REQUIRE(plan.change);
    REQUIRE_FALSE(plan.refused.empty());
    // As if memory and kernel did not agree.
    plan.refused.clear();
    const auto done = bed.carry_out(plan);
    CHECK(done.number == 0);
    CHECK(done.refused.find("www.one.example") != std::string::npos);
    CHECK_FALSE(bed.blocks("one.example"));
    CHECK(bed.edge().live()->number == 4);
    const auto now = *got(bed.state().rules(*bed.edge().live()));
    CHECK(ruleset::diff(before, now).empty());
    bed.check_known();
}

TEST_CASE("enforcing: what a rule had counted when it was looked at is kept once, though it went meanwhile; "
          "another plane's counts are not kept")
{
    Bed bed;
    control::Archive archive(bed.book(), bed.state());
    const auto& plane = bed.edge().plane();
    const auto count = [&](const std::string& target, std::uint64_t packets) {
        const auto id = got(plane.live_tables()).view().find(name(target).target);
        REQUIRE(id != 0);
        plane.maps().hits(id, 0)->packets = packets;
    };
    const auto kept = [&] {
        std::map<std::string, std::uint64_t> by_target;
        for (const auto& one : got(bed.book().counts().of("many", 0, std::int64_t{1} << 40)))
            by_target[one.target] += one.packets;
        return by_target;
    };
    count("n7.many.example", 5);
    count("n8.many.example", 3);
    archive.begin_look();
    auto readings = got(control::look(bed.state(), plane, bed.book()));
    REQUIRE(readings);
    REQUIRE(readings->moved.size() == 2);

    count("n7.many.example", 9); // and four more before it goes
    REQUIRE(bed.carry_out(bed.lift("n7.many.example")).retired == 1);
    bed.carry_out(bed.add("one", "one.example"));
    REQUIRE(got(archive.take_retired(100)));
    CHECK(got(archive.take(*readings, plane, 7200)));
    const std::map<std::string, std::uint64_t> all{{to_string(name("n7.many.example").target), 9},
                                                   {to_string(name("n8.many.example").target), 3}};
    CHECK(kept() == all);

    archive.begin_look();
    readings = got(control::look(bed.state(), plane, bed.book()));
    REQUIRE(readings);
    CHECK(readings->moved.empty());
    count("n8.many.example", 4);
    readings = got(control::look(bed.state(), plane, bed.book()));
    readings->plane = "another";
    CHECK_FALSE(got(archive.take(*readings, plane, 7300)));
    CHECK(kept() == all);
}

TEST_CASE("enforcing: some rules of a generation that was changed in place are what reading all of it says")
{
    Bed bed;
    bed.carry_out(bed.add("one", "one.example"));
    bed.carry_out(bed.lift("n7.many.example"));
    bed.carry_out(bed.add("two", "n8.many.example"));
    const auto digest = control::digest_text(*bed.edge().live());
    REQUIRE(bed.state().patches(digest) == 3);
    const auto all = got(bed.state().rules(digest));
    REQUIRE(all);
    std::vector<std::uint32_t> ids;
    for (std::uint32_t id = 1; id <= all->max_id + 1; ++id)
        ids.push_back(id);
    const auto named = got(bed.state().named_rules(digest, ids));
    REQUIRE(named);
    CHECK(named->size() == all->rules.size());
    std::size_t of_two = 0;
    for (const auto& one : *named) {
        const auto* rule = all->find(one.id);
        REQUIRE(rule);
        const auto same = ruleset::NamedRule::of(*rule, all->orders);
        CHECK(one.target == same.target);
        CHECK(one.means == same.means);
        CHECK(one.orders == same.orders);
        if (one.target.name.name == "n8.many.example") {
            CHECK(one.orders == std::vector<std::string>{"many", "two"});
            const auto alone = got(bed.state().named_rules(digest, {one.id}));
            REQUIRE(alone);
            REQUIRE(alone->size() == 1);
            CHECK(alone->front().id == one.id);
            ++of_two;
        }
    }
    CHECK(of_two == 1);
    CHECK(got(bed.state().named_rules(digest, {all->max_id + 1}))->empty());
    CHECK_FALSE(got(bed.state().named_rules(std::string(64, '0'), {1})));
}

TEST_CASE(
    "what changes in place lead from one rule set to another: come, gone, with other orders; no way back")
{
    Bed bed;
    const auto digest = [&] { return control::digest_text(*bed.edge().live()); };
    const auto whole = digest();
    const auto id_of = [&](const std::string& name) {
        const auto rules = got(bed.state().rules(digest()));
        REQUIRE(rules);
        for (const auto& rule : rules->rules)
            if (rule.target.name.name == name)
                return rule.id();
        return 0u;
    };
    const auto n7 = id_of("n7.many.example");
    REQUIRE(n7 != 0);
    bed.carry_out(bed.add("one", "one.example"));
    const auto first = digest();
    const auto one = id_of("one.example");
    bed.carry_out(bed.lift("n7.many.example"));
    bed.carry_out(bed.add("two", "n8.many.example"));
    bed.carry_out(bed.add("three", "n8.many.example"));
    const auto last = digest();

    auto changes = got(bed.state().changes(whole, last));
    REQUIRE(changes);
    CHECK(changes->removed == std::vector{n7});
    REQUIRE(changes->rules.size() == 2);
    CHECK(changes->rules[0].target.name.name == "n8.many.example");
    CHECK(changes->rules[0].orders == std::vector<std::string>{"many", "two", "three"});
    CHECK(changes->rules[1].id == one);
    changes = got(bed.state().changes(first, last));
    REQUIRE(changes);
    CHECK(changes->removed == std::vector{n7});
    CHECK(changes->rules.size() == 1);
    changes = got(bed.state().changes(last, last));
    REQUIRE(changes);
    CHECK(changes->removed.empty());
    CHECK(changes->rules.empty());
    CHECK_FALSE(got(bed.state().changes(last, first)));
    CHECK_FALSE(got(bed.state().changes(std::string(64, '0'), last)));
    CHECK_FALSE(got(bed.state().changes(first, std::string(64, '0'))));
}
