// SPDX-License-Identifier: Apache-2.0
//
// import_source.cpp: what `interdict import` reads, and under which terms.
#include "base/clock.h"
#include "base/file.h"
#include "cli/import.h"
#include "order/problem.h"

namespace interdict::cli {

namespace {

using order::printable;

constexpr std::size_t kSettingsMax = std::size_t{1} << 20; // bytes

Result<feed::ShieldConfig> prepare_shield(const ImportOptions& options, ImportJob& job)
{
    if (!options.files.empty())
        return fail("--config fetches the lists; leave the files out");
    INTERDICT_TRY(const std::string text, read_file(options.config, kSettingsMax));
    INTERDICT_TRY(auto config, feed::parse_shield_config(text, options.config));
    INTERDICT_TRY(auto credentials, feed::read_credentials(config.credentials));
    INTERDICT_TRY(job.shield,
                  feed::PiracyShield::make(config.settings, std::move(credentials), feed::real_world()));
    job.list.policy = config.policy;
    return config;
}

} // namespace

Result<ImportJob> prepare_import(const ImportOptions& options)
{
    ImportJob job;
    auto& list = job.list;
    const auto format = feed::format_named(options.format);
    if (!format)
        return fail("\"{}\" is not a format; write native, piracyshield, cncpo, adm, agcom, rpz, csv, plain, "
                    "hosts or "
                    "adblock",
                    printable(options.format));
    list.format = *format;
    list.received = now();
    std::filesystem::path basis = options.order;
    list.name = options.name.empty() ? options.format : options.name;
    if (!options.config.empty()) {
        if (*format != feed::Format::PiracyShield)
            return fail("--config is for piracyshield; other lists come from files");
        INTERDICT_TRY(const auto config, prepare_shield(options, job));
        if (options.name.empty())
            list.name = config.name;
        if (basis.empty())
            basis = config.order;
    } else if (options.files.empty()) {
        return fail("there is no list; name its files{}",
                    *format == feed::Format::PiracyShield ? ", or the connector's --config" : "");
    } else if (options.report) {
        return fail("--report needs --config: nobody else is to be told");
    }
    if (!control::is_feed_name(list.name))
        return fail("--name: \"{}\" is not the name of a feed: letters a-z, digits, - _ and .",
                    printable(list.name));
    if (*format == feed::Format::Native && !basis.empty())
        return fail("--order: native orders carry their own legal basis");
    if (*format != feed::Format::Native && basis.empty())
        return fail("a list without an order makes no rules; give its legal basis with --order TEMPLATE");
    if (!basis.empty()) {
        INTERDICT_TRY(job.basis, read_file(basis, kSettingsMax));
        INTERDICT_TRY(list.basis, control::read_template(job.basis, basis.string()));
    }
    INTERDICT_CHECK(control::read_words(options.words, list));
    return job;
}

Result<void> read_book(const Session& session, control::Import& import)
{
    const auto file = control::State(session.globals.state).book();
    if (!std::filesystem::exists(file))
        return {};
    INTERDICT_TRY(const book::Book book, book::Book::open(file, book::Access::Read));
    return control::look_up(book, import);
}

Result<void> read_lists(Session& session, const std::vector<std::string>& files, ImportJob& job)
{
    auto& list = job.list;
    if (job.shield)
        return control::read_lists(*job.shield, list.folder(control::State(session.globals.state)), list,
                                   [&](const std::string& warning) { session.console.warn(warning); });
    std::vector<std::string> bytes;
    std::vector<control::ListText> texts;
    bytes.reserve(files.size()); // texts point into it
    for (const auto& file : files) {
        INTERDICT_TRY(bytes.emplace_back(), read_file(file));
        texts.push_back({file, bytes.back()});
    }
    return control::read_lists(texts, list, listener_of(session.console).progress);
}

Result<Exit> import_through(const Client& daemon, Session& session, const ImportOptions& options,
                            const ImportJob& job)
{
    INTERDICT_CHECK(Client::allow(options.enforce));
    if (job.shield)
        return fail("a daemon runs and fetches by its configuration: name the connector there, as "
                    "\"piracyshield\" of a feed, and fetch it now with POST /v1/feeds/{}/fetch",
                    job.list.name);
    std::string body = job.basis;
    Client::Query query{{"format", std::string(to_string(job.list.format))}};
    std::string parts = fmt::format("{}", job.basis.size());
    for (const auto& file : options.files) {
        INTERDICT_TRY(const auto bytes, read_file(file));
        body += bytes;
        parts += fmt::format(",{}", bytes.size());
        query.emplace_back("source", file);
    }
    query.emplace_back("parts", parts);
    for (const auto& [name, member] : control::kImportTexts)
        if (const auto& text = options.words.*member; !text.empty())
            query.emplace_back(name, text);
    for (const auto& [name, member] : control::kImportFlags)
        if (options.words.*member)
            query.emplace_back(name, "true");
    if (session.globals.verbose)
        query.emplace_back("all", "true");
    auto act = options.act;
    if (act.actor.empty())
        act.actor = job.list.origin();
    Json answer;
    INTERDICT_TRY(const auto code, daemon.take("/feeds/" + job.list.name + "/list", std::move(query), act,
                                               body, "POST", [&](const Json& json) {
                                                   answer = json;
                                                   show_import(session, json);
                                               }));
    if (!options.acknowledge.empty() && answer.value("status", "") == "taken")
        INTERDICT_CHECK(acknowledge(options.acknowledge, answer));
    return code;
}

} // namespace interdict::cli
