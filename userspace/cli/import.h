// SPDX-License-Identifier: Apache-2.0
//
// import.h: what the parts of `interdict import` hand to each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "cli/acting.h"
#include "cli/client.h"
#include "cli/command.h"
#include "control/import.h"
#include "control/import_words.h"

namespace interdict::cli {

struct ImportOptions {
    std::string format;
    std::vector<std::string> files;
    std::string order;
    std::string name;
    control::ImportWords words;
    std::string acknowledge;
    std::string config;
    bool report = false;
    bool dry_run = false;
    ActOptions act;
    EnforceOptions enforce;
};

// One import, from the command line to what is handed over.
struct ImportJob {
    control::Import list;
    std::string basis; // text of the template, empty for Native
    std::optional<feed::PiracyShield> shield;
};

// Everything but the lists and what the book knows. Errors: what is wrong on the command line, in the
// template or in the configuration.
[[nodiscard]] Result<ImportJob> prepare_import(const ImportOptions& options);

// The lists, from files or from the authority, and what the book knows of the feed. Errors: those of one of
// them; of the book they end the import.
[[nodiscard]] Result<void> read_book(const Session& session, control::Import& import);
[[nodiscard]] Result<void> read_lists(Session& session, const std::vector<std::string>& files,
                                      ImportJob& job);

// To the daemon, which reads and judges it.
[[nodiscard]] Result<Exit> import_through(const Client& daemon, Session& session,
                                          const ImportOptions& options, const ImportJob& job);

// Tells what became of the entries. json: daemon::import_json().
void show_import(Session& session, const Json& json);

// Writes what the authority is answered when its list has come.
[[nodiscard]] Result<void> acknowledge(const std::string& file, const Json& json);

} // namespace interdict::cli
