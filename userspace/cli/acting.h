// SPDX-License-Identifier: Apache-2.0
//
// acting.h: what commands share that change the book: who acts and why, and what became of it on the plane.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "book/records.h"
#include "cli/changes.h"
#include "cli/command.h"
#include "cli/console.h"
#include "control/edge.h"
#include "control/enforcer.h"
#include "control/office.h"

namespace interdict::cli {

struct ActOptions {
    std::string actor;
    std::string reason;
    std::string document;
};

struct EnforceOptions {
    std::string guard;
    bool no_apply = false;
};

// Whoever is at the keyboard: the user behind sudo, else of this process.
[[nodiscard]] std::string login_name();

// --actor, --reason, --document
void add_options(Command& command, ActOptions& options);
// --guard, --no-apply
void add_options(Command& command, EnforceOptions& options);

// The document is put into the book, and its hash into the act.
[[nodiscard]] Result<book::Act> make_act(book::Book& book, const ActOptions& options);

// Warnings on standard error, and progress where that is a terminal.
[[nodiscard]] control::Listener listener_of(Console& console);

// The plane for writing; none if nothing is up. Error: another writer, a plane that cannot be adopted.
[[nodiscard]] Result<control::Edge> adopt_if_up(const Session& session, const control::State& state,
                                                const control::Listener& listener);

// What a command did, for people and for machines.
struct Report {
    std::string sentence;
    Json json;
    std::vector<control::Held> held; // targets that did not get in
    bool nothing_new = false;        // and nothing else did
    // What is to be live in place of all that is in force in the book.
    std::optional<std::vector<order::Order>> instead{};
};

// One command: opens everything in the right order, takes its step in the book, and makes the plane follow.
class Acting {
public:
    // Error: somebody else writes; the plane has rules that are not of the book. Nothing was done.
    [[nodiscard]] static Result<Acting> begin(Session& session, const ActOptions& act,
                                              const EnforceOptions& enforce);

    [[nodiscard]] book::Book& book() { return office_.book(); }
    [[nodiscard]] const guard::Guard& guard() const { return office_.guard(); }
    [[nodiscard]] const control::State& state() const { return office_.state(); }
    [[nodiscard]] control::Edge& edge() { return edge_; }
    [[nodiscard]] const book::Act& act() const { return act_; }

    using Step = std::function<Result<Report>()>;

    // A step by which more may be blocked. It is in the book only if rules can be made of all that is then in
    // force, and no canary would be blocked by them.
    // reach: what it may change.
    [[nodiscard]] Result<Exit> carefully(control::Reach reach, const Step& step);

    // A step by which less is blocked. It is in the book whatever becomes of the plane.
    [[nodiscard]] Result<Exit> at_once(control::Reach reach, const Step& step);

private:
    [[nodiscard]] Result<Exit> follow(Report report, const control::Plan& plan);
    [[nodiscard]] Exit stay_behind(Report report);
    [[nodiscard]] Exit refuse(const std::string& why, const std::string& where) const;
    [[nodiscard]] Exit tell(Report& report, const control::Plan& plan,
                            const control::Publication& publication) const;
    [[nodiscard]] control::Enforcer enforcer();

    Acting(Session& session, bool no_apply, control::Stopwatch watch, control::Listener listener,
           control::Office office, control::Edge edge, book::Act act)
        : session_(session), no_apply_(no_apply), watch_(watch), listener_(std::move(listener)),
          office_(std::move(office)), edge_(std::move(edge)), act_(std::move(act))
    {
    }

    Session& session_;
    bool no_apply_;
    control::Stopwatch watch_;
    control::Listener listener_;
    control::Office office_;
    control::Edge edge_;
    book::Act act_;
};

} // namespace interdict::cli
