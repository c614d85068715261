// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/health.h"
#include "cli/inputs.h"
#include "cli/state.h"
#include "image/image.h"
#include "plane/plane.h"
#include "ruleset/compile.h"
#include "ruleset/diff.h"
#include "ruleset/text.h"

namespace interdict::cli {

namespace {

constexpr std::size_t kDiffLines = 20;
constexpr std::size_t kDiffObjects = 1000; // in JSON

struct Options {
    std::vector<std::string> files;
    std::string scopes;
    bool dry_run = false;
    bool partial = false;
};

struct Expired {
    std::size_t orders = 0;
    std::size_t targets = 0;
};

// What has expired gives no rules: a table of millions is better spent on what can still be hit.
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

class Apply {
public:
    Apply(Session& session, const Options& options)
        : session_(session), options_(options), state_(session.globals.state)
    {
    }

    Result<Exit> run();

private:
    Result<Exit> work();
    Result<void> read_orders();
    Result<void> read_plane();
    Result<void> build();
    Result<void> publish();
    void show_diff() const;
    void show_list(const char* sign, const std::vector<std::uint32_t>& ids,
                   const ruleset::Ruleset& rules) const;
    Json json_list(const std::vector<std::uint32_t>& ids, const ruleset::Ruleset& rules) const;
    void put(bool unchanged) const;
    std::string still_live() const;

    Session& session_;
    const Options& options_;
    State state_;
    Inputs inputs_;
    Expired expired_;
    std::optional<plane::Plane> plane_; // none: a dry run without one
    std::optional<interdict_generation> live_;
    ruleset::Ruleset before_;
    ruleset::Ruleset after_;
    std::string text_; // of after_, for the state directory
    std::string digest_;
    std::optional<image::Image> image_;
    ruleset::Diff diff_;
    std::uint64_t published_ = 0;
    std::size_t retired_ = 0;
};

Result<Exit> Apply::run()
{
    auto done = work();
    if (done || published_ != 0)
        return done;
    Error error = done.error();
    if (const auto live = still_live(); !live.empty())
        error.message += live;
    return std::unexpected(error);
}

// "; generation 7 keeps filtering": what an operator wants to know first after any failure.
std::string Apply::still_live() const
{
    auto generation = live_;
    if (!plane_)
        if (const auto plane = plane::Plane::adopt(session_.globals.pins, plane::Access::Read))
            generation = plane->generation();
    return generation ? fmt::format("; generation {} keeps filtering", generation->number) : "";
}

Result<Exit> Apply::work()
{
    INTERDICT_CHECK(read_orders());
    INTERDICT_CHECK(read_plane());
    INTERDICT_CHECK(build());
    const bool unchanged = live_ && digest_text(*live_) == digest_;
    if (!options_.dry_run && !unchanged)
        INTERDICT_CHECK(publish());
    show_diff();
    put(unchanged);
    if (options_.dry_run) {
        session_.console.say("dry run: nothing was changed");
        return inputs_.ok() ? Exit::Ok : Exit::Degraded;
    }
    if (unchanged)
        session_.console.say("generation {} has exactly these rules already; nothing was changed",
                             live_->number);
    else
        session_.console.say(
            "{}: {} on {} (limit {})",
            session_.console.paint(Tone::Good, fmt::format("generation {} is live", published_)),
            counted(after_.rules.size(), "rule"), counted(image_->header.targets, "target"),
            image::Capacity{}.max_targets);
    INTERDICT_TRY(const auto degraded, faults(*plane_, state_));
    for (const auto& fault : degraded)
        session_.console.warn(fault);
    return degraded.empty() && inputs_.ok() ? Exit::Ok : Exit::Degraded;
}

Result<void> Apply::read_orders()
{
    inputs_ = read_inputs(options_.files, options_.scopes);
    show_problems(inputs_, session_.console);
    if (!inputs_.scope_problems.empty())
        return fail("{}: {}; a scopes file is taken whole or not at all", options_.scopes,
                    counted(inputs_.scope_problems.size(), "problem"));
    if (!inputs_.ok() && !options_.partial)
        return fail("{}, nothing was applied; mend the files, or take the rest with --accept-partial",
                    counted(inputs_.problems(), "problem"));
    if (!inputs_.ok() && inputs_.orders.orders.empty())
        return fail("{} and not one good order, nothing was applied", counted(inputs_.problems(), "problem"));
    if (!inputs_.ok())
        session_.console.warn(
            fmt::format("{}, the rest is taken (--accept-partial)", counted(inputs_.problems(), "problem")));
    expired_ = drop_expired(inputs_.orders.orders, now());
    return {};
}

Result<void> Apply::read_plane()
{
    const auto& pins = session_.globals.pins;
    if (options_.dry_run && !plane::Pins(pins).exist()) {
        session_.console.say("no plane is up at {}; compared with nothing", pins.string());
        return {};
    }
    INTERDICT_TRY(plane_,
                  plane::Plane::adopt(pins, options_.dry_run ? plane::Access::Read : plane::Access::Write));
    live_ = plane_->generation();
    if (!options_.dry_run) {
        INTERDICT_CHECK(state_.make());
        INTERDICT_TRY(const auto recovered, state_.recover(*plane_));
        if (recovered != 0)
            session_.console.warn(fmt::format("an earlier apply was interrupted; the last counts of {} are "
                                              "now archived",
                                              counted(recovered, "rule")));
    }
    if (!live_)
        return {};
    auto found = state_.rules(*live_);
    if (found && *found) {
        before_ = **std::move(found);
        return {};
    }
    session_.console.warn(fmt::format(
        "{}; the counters of generation {} cannot be carried on, all rules count as new",
        found ? fmt::format("{} has no file of the live generation's rules", session_.globals.state.string())
              : found.error().message,
        live_->number));
    return {};
}

Result<void> Apply::build()
{
    INTERDICT_TRY(after_, ruleset::compile(inputs_.orders.orders, inputs_.scopes, &before_));
    text_ = ruleset::write_ruleset(after_);
    digest_ = ruleset::hash_in(text_);
    diff_ = ruleset::diff(before_, after_);
    INTERDICT_TRY(image_, image::build_image(after_, {}, {.seed = {}, .content_hash = digest_}));
    if (options_.dry_run && plane_)
        return plane::check_capacity(plane_->maps(), *image_, {});
    return {};
}

Result<void> Apply::publish()
{
    INTERDICT_TRY(const auto staged, plane_->stage(*image_));
    INTERDICT_CHECK(state_.keep(staged.number, digest_, text_));
    Retirement retirement{.before = live_ ? digest_text(*live_) : "",
                          .number = staged.number,
                          .after = digest_,
                          .rules = &before_,
                          .counts = {}};
    for (const auto id : diff_.removed)
        retirement.counts.push_back({id, plane_->maps().counter(id).value_or(interdict_hits{})});
    INTERDICT_CHECK(state_.begin_retirement(retirement));
    const auto published = plane_->publish(staged, {.added = diff_.added, .removed = diff_.removed});
    if (!published) {
        static_cast<void>(state_.cancel_retirement());
        return std::unexpected(published.error());
    }
    published_ = published->number;
    const auto tell = [&](const Error& error) {
        session_.console.warn(fmt::format("generation {} is live, but: {}", published_, error.message));
    };
    if (published->afterwards)
        tell(*published->afterwards);
    if (const auto kept = state_.retire(published->removed); !kept)
        tell(kept.error());
    else
        retired_ = published->removed.size();
    if (const auto settled = state_.settle(published_); !settled)
        tell(settled.error());
    return {};
}

void Apply::show_list(const char* sign, const std::vector<std::uint32_t>& ids,
                      const ruleset::Ruleset& rules) const
{
    const Tone tone = *sign == '+' ? Tone::Good : *sign == '-' ? Tone::Bad : Tone::Doubtful;
    for (std::size_t i = 0; i < std::min(ids.size(), kDiffLines); ++i)
        if (const auto* rule = rules.find(ids[i]))
            session_.console.say("{} rule {} on {} ({})", session_.console.paint(tone, sign), rule->id(),
                                 to_string(rule->target), rules.orders[rule->orders.front()].id);
    if (ids.size() > kDiffLines)
        session_.console.say("{} and {} more", session_.console.paint(tone, sign), ids.size() - kDiffLines);
}

void Apply::show_diff() const
{
    show_list("+", diff_.added, after_);
    show_list("-", diff_.removed, before_);
    show_list("~", diff_.changed, after_);
    session_.console.say("rules: {} added, {} removed, {} changed, {} kept{}", diff_.added.size(),
                         diff_.removed.size(), diff_.changed.size(), diff_.kept.size(),
                         fmt::format("{}{}", diff_.scopes_changed ? "; scopes changed" : "",
                                     diff_.answers_changed ? "; texts of answers changed" : ""));
    if (expired_.orders + expired_.targets != 0)
        session_.console.say("expired, without rules: {}, {} of others", counted(expired_.orders, "order"),
                             counted(expired_.targets, "target"));
}

Json Apply::json_list(const std::vector<std::uint32_t>& ids, const ruleset::Ruleset& rules) const
{
    Json list = Json::array();
    for (std::size_t i = 0; i < std::min(ids.size(), kDiffObjects); ++i)
        if (const auto* rule = rules.find(ids[i]))
            list.push_back({{"rule", rule->id()},
                            {"target", to_string(rule->target)},
                            {"order", rules.orders[rule->orders.front()].id}});
    return list;
}

void Apply::put(bool unchanged) const
{
    if (!session_.console.json())
        return;
    const auto generation = published_ != 0 ? published_ : live_ ? live_->number : 0;
    session_.console.put(
        {{"published", published_ != 0},
         {"dry_run", options_.dry_run},
         {"unchanged", unchanged},
         {"generation", generation == 0 ? Json() : Json(generation)},
         {"digest", digest_},
         {"orders", after_.orders.size()},
         {"expired", {{"orders", expired_.orders}, {"targets", expired_.targets}}},
         {"problems", inputs_.problems()},
         {"rules", after_.rules.size()},
         {"targets", {{"used", image_->header.targets}, {"limit", image::Capacity{}.max_targets}}},
         {"added", diff_.added.size()},
         {"removed", diff_.removed.size()},
         {"changed", diff_.changed.size()},
         {"kept", diff_.kept.size()},
         {"scopes_changed", diff_.scopes_changed},
         {"answers_changed", diff_.answers_changed},
         {"retired", retired_},
         {"diff",
          {{"added", json_list(diff_.added, after_)},
           {"removed", json_list(diff_.removed, before_)},
           {"changed", json_list(diff_.changed, after_)}}}});
}

} // namespace

void add_apply(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add(
            "apply", "make the orders of these files the live rules, all at once",
            "The files are the whole list: what the live generation has and they do not is removed. A packet "
            "meets\n"
            "the old rules or the new ones, never a mixture. Rules that stay keep their counters; the last "
            "counts\n"
            "of those that go are archived in the state directory. After any error the last good generation\n"
            "goes on filtering.",
            "interdict apply --dry-run orders/*.json\n"
            "interdict apply orders/*.json\n"
            "interdict apply --scopes scopes.json --accept-partial orders/*.json\n"
            "interdict apply --json orders/*.json | jq .generation",
            [options](Session& session) { return Apply(session, *options).run(); })
        .value("--scopes", options->scopes, "FILE", "the scopes that orders name")
        .flag("--dry-run", options->dry_run, "show what would change and change nothing")
        .flag("--accept-partial", options->partial,
              "take what is good of files that have problems; exit code 2")
        .arguments("FILE", options->files, "order files");
}

} // namespace interdict::cli
