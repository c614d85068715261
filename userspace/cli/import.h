// SPDX-License-Identifier: Apache-2.0
//
// import.h: what the parts of `interdict import` hand to each other.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "book/book.h"
#include "cli/acting.h"
#include "cli/command.h"
#include "feed/policy.h"
#include "feed/read.h"
#include "feed/shield_source.h"
#include "feed/template.h"

namespace interdict::cli {

struct ImportOptions {
    std::string format;
    std::vector<std::string> files;
    std::string order;
    std::string name;
    std::string map;
    std::string delimiter = ",";
    bool header = false;
    std::string origin;
    std::string match;
    std::string url_policy = "reject";
    bool wildcards = false;
    bool unknown_endings = false;
    std::string min_entries;
    std::string max_drop_percent;
    std::string max_age;
    std::string acknowledge;
    std::string config;
    bool report = false;
    bool dry_run = false;
    ActOptions act;
    EnforceOptions enforce;
};

// The feed as the book has it.
struct Before {
    std::optional<book::FeedState> state;
    std::vector<order::Order> orders;   // with the targets in force
    std::vector<book::ItemRecord> held; // of these orders

    [[nodiscard]] bool any() const { return state && state->fetched != 0; }
    [[nodiscard]] std::vector<std::string_view> names() const;
    [[nodiscard]] std::int64_t timestamp() const; // the authority's, of the list in force
};

// One import, from the command line to what is handed over.
struct Import {
    feed::Format format = feed::Format::Plain;
    std::string name;
    std::filesystem::path folder; // <state>/feeds/NAME
    std::int64_t received = 0;
    feed::Policy policy;
    feed::Options reading;
    std::optional<feed::Template> basis; // none for Native
    Before before;
    std::optional<feed::ShieldConfig> config;
    std::optional<feed::PiracyShield> shield;
    feed::ShieldCursor cursor;

    std::vector<feed::List> lists;
    std::string digest; // of all that was read
    std::optional<feed::ShieldFetch> fetch;
    std::vector<feed::ShieldTicket> tickets;

    [[nodiscard]] feed::Summary summary() const;
    [[nodiscard]] book::Origin origin() const { return "feed " + name; }
};

// Everything but the lists. Errors: what is wrong on the command line, in the template or in the
// configuration.
[[nodiscard]] Result<Import> prepare_import(Session& session, const ImportOptions& options);

// The lists, from files or from the authority. Errors: those of one of them.
[[nodiscard]] Result<void> read_lists(Session& session, const std::vector<std::string>& files,
                                      Import& import);

// Tells the authority what was proven since, and what the guard holds. Notes in the cursor what is done.
[[nodiscard]] Result<feed::ReportResult> report_outcomes(const book::Book& book, Import& import);

// How it ended.
struct ImportResult {
    std::string status; // "taken", "kept", "refused", "dry run"
    std::string why;    // unless taken
    std::vector<book::Incoming> orders;
    book::ListChange change;
};

// Tells what became of the entries, and returns the same as JSON.
[[nodiscard]] Json show_entries(Session& session, const Import& import, const ImportResult& result);

// "feed cncpo: taken: ..."; empty if nothing was.
[[nodiscard]] std::string sentence_of(const Import& import, const ImportResult& result);

} // namespace interdict::cli
