// SPDX-License-Identifier: Apache-2.0
//
// import_source.cpp: what `interdict import` reads, and under which terms.
#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "cli/import.h"
#include "order/problem.h"

namespace interdict::cli {

namespace {

using order::printable;

Result<std::int64_t> parse_number(const char* option, const std::string& text, std::int64_t most)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most)
        return fail("{}: \"{}\" is not a whole number from 0 to {}", option, printable(text), most);
    return value;
}

Result<void> read_policy(const ImportOptions& options, feed::Policy& policy)
{
    if (!options.min_entries.empty()) {
        INTERDICT_TRY(const auto value, parse_number("--min-entries", options.min_entries, 1'000'000'000));
        policy.min_entries = static_cast<std::size_t>(value);
    }
    if (!options.max_drop_percent.empty()) {
        INTERDICT_TRY(const auto value, parse_number("--max-drop-percent", options.max_drop_percent, 100));
        policy.max_drop_percent = static_cast<unsigned>(value);
    }
    if (!options.max_age.empty()) {
        INTERDICT_TRY(policy.max_age, parse_duration(options.max_age));
    }
    return {};
}

// "name=2,address=3"
Result<feed::ColumnMap> read_map(std::string_view text)
{
    feed::ColumnMap map;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        const std::string_view key = part.substr(0, part.find('='));
        std::string* to = key == "name"      ? &map.name
                          : key == "address" ? &map.address
                          : key == "expires" ? &map.expires
                          : key == "ticket"  ? &map.ticket
                                             : nullptr;
        if (!to || key.size() + 1 >= part.size())
            return fail("--map: \"{}\" is not name=, address=, expires= or ticket= with a column, e.g. "
                        "name=2,expires=until",
                        printable(part));
        *to = part.substr(key.size() + 1);
    }
    return map;
}

Result<feed::Options> reading_options(const ImportOptions& options, const Import& import)
{
    feed::Options out;
    const std::string& match = options.match;
    if (match == "exact" || match == "subtree")
        out.match = match == "exact" ? order::Match::Exact : order::Match::Subtree;
    else if (import.basis)
        out.match = import.basis->match;
    out.urls = options.url_policy == "host"     ? feed::UrlPolicy::Host
               : options.url_policy == "ignore" ? feed::UrlPolicy::Ignore
                                                : feed::UrlPolicy::Reject;
    out.wildcards = options.wildcards;
    out.unknown_endings = options.unknown_endings;
    INTERDICT_TRY(out.columns, read_map(options.map));
    const std::string delimiter =
        options.delimiter == "\\t" || options.delimiter == "tab" ? "\t" : options.delimiter;
    if (delimiter.size() != 1)
        return fail("--delimiter: \"{}\" is not one character; write tab for a tabulator",
                    printable(delimiter));
    out.delimiter = delimiter[0];
    out.header = options.header;
    out.origin = options.origin;
    out.received = import.received;
    return out;
}

Result<Before> read_before(const std::filesystem::path& state, const Import& import)
{
    Before before;
    const auto file = state / "book.db";
    if (!std::filesystem::exists(file))
        return before;
    INTERDICT_TRY(const book::Book book, book::Book::open(file, book::Access::Read));
    INTERDICT_TRY(before.state, book.feeds().find(import.name));
    if (import.basis) {
        INTERDICT_TRY(auto record, book.orders().find(import.basis->order.id));
        if (record && record->origin != import.origin())
            return fail("order {} is in the book already, from {}; give the template an id of its own",
                        record->order.id, record->origin);
        if (record) {
            INTERDICT_TRY(before.held, book.orders().items(record->order.id, book::ItemState::Held));
            before.orders.push_back(std::move(record->order));
        }
    }
    return before;
}

Result<feed::Template> read_template(const std::filesystem::path& path)
{
    INTERDICT_TRY(const std::string text, read_file(path, 1 << 20));
    auto basis = feed::parse_template(text, path.string());
    if (basis)
        return *std::move(basis);
    std::string all;
    for (const auto& problem : basis.error())
        all += (all.empty() ? "" : "\n") + order::to_string(problem);
    return fail("{}", all);
}

bool plain_name(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && name.front() != '.' && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
}

Result<void> prepare_shield(const ImportOptions& options, Import& import)
{
    if (!options.files.empty())
        return fail("--config fetches the lists; leave the files out");
    INTERDICT_TRY(const std::string text, read_file(options.config, 1 << 20));
    INTERDICT_TRY(import.config, feed::parse_shield_config(text, options.config));
    INTERDICT_TRY(auto credentials, feed::read_credentials(import.config->credentials));
    INTERDICT_TRY(import.shield, feed::PiracyShield::make(import.config->settings, std::move(credentials),
                                                          feed::real_world()));
    import.policy = import.config->policy;
    return {};
}

Result<void> read_shield(Session& session, const feed::Options& given, Import& import)
{
    INTERDICT_TRY(import.fetch, feed::fetch(*import.shield, import.cursor, import.folder));
    // Without the tickets the lists are as good; only the items do not say which one brought them.
    if (auto tickets = import.shield->tickets())
        import.tickets = *std::move(tickets);
    else
        session.console.warn("tickets: " + tickets.error().message);
    const auto by_value = feed::tickets_by_value(import.tickets);
    Blake2b digest;
    for (const feed::Genre genre : feed::kGenres) {
        const std::string& text = import.fetch->texts[static_cast<std::size_t>(genre)];
        digest.add(text);
        digest.add("\n");
        feed::Options options = given;
        options.source = fmt::format("{}/{}", import.name, to_string(genre));
        INTERDICT_TRY(feed::List list, feed::read(import.format, text, options));
        for (feed::Accepted& entry : list.accepted) {
            const auto& target = entry.item.target;
            std::string value = target.is_name() ? target.name.name : to_string(target.address.prefix);
            if (!target.is_name())
                value.resize(value.find('/'));
            if (const auto found = by_value.find(value); found != by_value.end())
                entry.ticket = found->second;
        }
        import.lists.push_back(std::move(list));
    }
    import.digest = digest.finish_hex();
    return {};
}

} // namespace

std::vector<std::string_view> Before::names() const
{
    std::vector<std::string_view> out;
    for (const auto& order : orders)
        for (const auto& item : order.targets)
            if (item.target.is_name())
                out.emplace_back(item.target.name.name);
    return out;
}

std::int64_t Before::timestamp() const
{
    const Json cursor = state ? Json::parse(state->cursor, nullptr, false) : Json();
    return cursor.is_object() && cursor.contains("timestamp") && cursor["timestamp"].is_number_integer()
               ? cursor["timestamp"].get<std::int64_t>()
               : 0;
}

feed::Summary Import::summary() const
{
    feed::Summary out{.received = received};
    for (const feed::List& list : lists) {
        out.entries += list.entries();
        out.quarantined += list.count(feed::Status::Quarantined);
        // The oldest part says how old the whole is.
        if (list.timestamp != 0 && (out.timestamp == 0 || list.timestamp < out.timestamp))
            out.timestamp = list.timestamp;
    }
    return out;
}

Result<Import> prepare_import(Session& session, const ImportOptions& options)
{
    Import import;
    const auto format = feed::format_named(options.format);
    if (!format)
        return fail("\"{}\" is not a format; write native, piracyshield, cncpo, adm, agcom, rpz, csv, plain, "
                    "hosts or "
                    "adblock",
                    printable(options.format));
    import.format = *format;
    import.received = now();
    if (!options.config.empty()) {
        if (*format != feed::Format::PiracyShield)
            return fail("--config is for piracyshield; other lists come from files");
        INTERDICT_CHECK(prepare_shield(options, import));
    } else if (options.files.empty()) {
        return fail("there is no list; name its files{}",
                    *format == feed::Format::PiracyShield ? ", or the connector's --config" : "");
    } else if (options.report) {
        return fail("--report needs --config: nobody else is to be told");
    }
    import.name = !options.name.empty() ? options.name : import.config ? import.config->name : options.format;
    if (!plain_name(import.name))
        return fail("--name: \"{}\" is not the name of a feed: letters a-z, digits, - _ and .",
                    printable(import.name));
    import.folder = session.globals.state / "feeds" / import.name;
    INTERDICT_CHECK(read_policy(options, import.policy));

    const auto basis = !options.order.empty() ? std::filesystem::path(options.order)
                       : import.config        ? import.config->order
                                              : std::filesystem::path();
    if (*format == feed::Format::Native && !basis.empty())
        return fail("--order: native orders carry their own legal basis");
    if (*format != feed::Format::Native && basis.empty())
        return fail("a list without an order makes no rules; give its legal basis with --order TEMPLATE");
    if (!basis.empty()) {
        INTERDICT_TRY(import.basis, read_template(basis));
    }
    INTERDICT_TRY(import.before, read_before(session.globals.state, import));
    if (import.before.state)
        import.cursor = feed::parse_cursor(import.before.state->cursor);
    INTERDICT_TRY(import.reading, reading_options(options, import));
    return import;
}

Result<void> read_lists(Session& session, const std::vector<std::string>& files, Import& import)
{
    feed::Options reading = import.reading;
    const auto known = import.before.names();
    reading.known = known;
    if (import.shield)
        return read_shield(session, reading, import);
    Blake2b digest;
    for (const auto& file : files) {
        INTERDICT_TRY(const std::string text, read_file(file));
        digest.add(text);
        Progress progress("reading " + file, text.size());
        reading.source = file;
        reading.progress = [&](std::size_t bytes) { progress.at(bytes); };
        INTERDICT_TRY(feed::List list, feed::read(import.format, text, reading));
        import.lists.push_back(std::move(list));
    }
    import.digest = digest.finish_hex();
    return {};
}

} // namespace interdict::cli
