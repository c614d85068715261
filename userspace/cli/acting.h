// SPDX-License-Identifier: Apache-2.0
//
// acting.h: what commands share that change the book: who acts and why, and what became of it on the plane.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "book/records.h"
#include "cli/command.h"
#include "cli/console.h"
#include "control/edge.h"
#include "control/office.h"
#include "control/stepper.h"
#include "control/steps.h"

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

// As that, and keeps the warnings for the answer.
using Warnings = std::shared_ptr<std::vector<std::string>>;
[[nodiscard]] control::Listener listener_of(Console& console, const Warnings& warnings);

// The plane for writing; none if nothing is up. Error: another writer, a plane that cannot be adopted.
[[nodiscard]] Result<control::Edge> adopt_if_up(const Session& session, const control::State& state,
                                                const control::Listener& listener);

// Where the plane does less than it should: as warnings, and to be counted.
[[nodiscard]] std::vector<std::string> tell_faults(Console& console, const control::Edge& edge,
                                                   const control::State& state);

// What became of a step that was taken or rehearsed here, for people and as JSON. warnings: told already.
[[nodiscard]] Exit tell_outcome(Console& console, const control::Outcome& outcome, const control::Edge& edge,
                                const control::State& state, std::vector<std::string> warnings);

// One command: opens everything in the right order, takes its step in the book, and makes the plane follow.
class Acting {
public:
    // Error: somebody else writes; the plane has rules that are not of the book. Nothing was done.
    [[nodiscard]] static Result<Acting> begin(Session& session, const ActOptions& act,
                                              const EnforceOptions& enforce);

    [[nodiscard]] book::Book& book() { return office_.book(); }
    [[nodiscard]] const control::Edge& edge() const { return edge_; }
    // What may be asked for.
    [[nodiscard]] control::Steps steps()
    {
        return {office_.book(), office_.guard(), office_.state(), listener_, act_};
    }

    // Error: it was not taken, or is not live. first: shows what is special of a step that was taken.
    [[nodiscard]] Result<Exit> take(control::Steps::Found step,
                                    const std::function<void(const Json&)>& first = {});
    // Of one in the book alone.
    [[nodiscard]] Result<Exit> tell(control::Steps::Done done) const;

private:
    Acting(Session& session, bool no_apply, control::Stopwatch watch, control::Listener listener,
           std::shared_ptr<std::vector<std::string>> warnings, control::Office office, control::Edge edge,
           book::Act act)
        : session_(session), no_apply_(no_apply), watch_(watch), listener_(std::move(listener)),
          warnings_(std::move(warnings)), office_(std::move(office)), edge_(std::move(edge)),
          act_(std::move(act))
    {
    }

    Session& session_;
    bool no_apply_;
    control::Stopwatch watch_;
    control::Listener listener_;
    std::shared_ptr<std::vector<std::string>> warnings_; // all that the listener was told
    control::Office office_;
    control::Edge edge_;
    book::Act act_;
};

} // namespace interdict::cli
