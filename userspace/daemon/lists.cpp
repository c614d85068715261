// SPDX-License-Identifier: Apache-2.0
#include "daemon/lists.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/file.h"
#include "control/import_json.h"
#include "feed/http.h"
#include "feed/shown_url.h"

namespace interdict::daemon {

namespace {

constexpr std::size_t kSettingsMax = std::size_t{1} << 20; // bytes

std::function<bool()> asked_by(const std::stop_token& stop)
{
    return [stop] { return stop.stop_requested(); };
}

feed::World world_until(const std::stop_token& stop)
{
    auto world = feed::real_world();
    world.sleep_ms = [stop](std::int64_t ms) {
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop, std::chrono::milliseconds(ms), [] { return false; });
    };
    return world;
}

Result<std::string> bytes_of(const FeedConfig& feed, const std::stop_token& stop)
{
    if (feed.source == FeedConfig::Source::File)
        return read_file(feed.from);
    INTERDICT_TRY(auto http, feed::Http::make({.ca_file = feed.ca.string(), .cancelled = asked_by(stop)}));
    INTERDICT_TRY(auto answer, http.send({.url = feed.from}));
    if (answer.status != 200)
        return fail("{} answers {}", feed::shown_url(feed.from), answer.status);
    return std::move(answer.body);
}

Result<void> look_up(const control::State& state, control::Import& import)
{
    INTERDICT_TRY(const auto book, book::Book::open(state.book(), book::Access::Read));
    return control::look_up(book, import);
}

Result<void> read_basis(const std::filesystem::path& file, control::Import& import)
{
    INTERDICT_TRY(const auto text, read_file(file, kSettingsMax));
    INTERDICT_TRY(import.basis, control::read_template(text, file.string()));
    if (!import.reading.match)
        import.reading.match = import.basis->match;
    return {};
}

Result<void> fetch_shield(const FeedConfig& feed, const control::State& state, const std::stop_token& stop,
                          Delivery& delivery)
{
    auto& import = delivery.import;
    INTERDICT_TRY(const auto text, read_file(feed.from, kSettingsMax));
    INTERDICT_TRY(auto config, feed::parse_shield_config(text, feed.from));
    import.policy = config.policy;
    INTERDICT_CHECK(read_basis(config.order, import));
    INTERDICT_CHECK(look_up(state, import));
    INTERDICT_TRY(auto credentials, feed::read_credentials(config.credentials));
    config.settings.http.cancelled = asked_by(stop);
    INTERDICT_TRY(auto shield, feed::PiracyShield::make(std::move(config.settings), std::move(credentials),
                                                        world_until(stop)));
    delivery.shield = std::make_unique<feed::PiracyShield>(std::move(shield));
    return control::read_lists(*delivery.shield, import.folder(state), import,
                               [&](const std::string& warning) { delivery.warnings.push_back(warning); });
}

Result<void> fetch(const FeedConfig& feed, const control::State& state, const std::stop_token& stop,
                   Delivery& delivery)
{
    if (feed.source == FeedConfig::Source::PiracyShield)
        return fetch_shield(feed, state, stop, delivery);
    auto& import = delivery.import;
    if (!feed.order.empty())
        INTERDICT_CHECK(read_basis(feed.order, import));
    INTERDICT_CHECK(look_up(state, import));
    INTERDICT_TRY(const auto bytes, bytes_of(feed, stop));
    const control::ListText text{feed.name, bytes};
    return control::read_lists({&text, 1}, import, [](std::string_view, std::uint64_t, std::uint64_t) {});
}

// "--max-age: ..." is the parameter max_age.
std::string in_words_of_http(std::string message)
{
    const auto end = message.find(':');
    std::replace(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(end), '-', '_');
    return message.substr(2);
}

std::unexpected<Failure> stay(Desk& desk, const control::Import& import, const std::string& why, bool all)
{
    const control::ImportEnd end{.status = import.before.any() ? "kept" : "refused", .why = why};
    Failure failure{409, "not-taken", control::import_sentence(import, end)};
    failure.list = control::import_json(import, end, all);
    if (const auto noted = control::note_failure(desk.book(), import, why); !noted)
        failure.message += "; nor can that be noted: " + noted.error().message;
    return std::unexpected(std::move(failure));
}

} // namespace

Delivery fetch_list(const FeedConfig& feed, const control::State& state, std::int64_t time,
                    const std::stop_token& stop)
{
    Delivery delivery{.import = {}, .orders = {}};
    auto& import = delivery.import;
    import.format = feed.format;
    import.name = feed.name;
    import.received = time;
    import.policy = feed.policy;
    import.reading = feed.reading;
    if (const auto read = fetch(feed, state, stop, delivery); !read) {
        import.lists.clear();
        delivery.orders = std::unexpected(read.error());
    } else {
        delivery.orders = control::judge(import);
    }
    return delivery;
}

std::expected<Delivery, Failure> read_list(const HandedList& list, const control::State& state,
                                           std::int64_t time, const Progress& progress)
{
    Delivery delivery{.import = {}, .orders = {}};
    auto& import = delivery.import;
    import.format = list.format;
    import.name = list.name;
    import.received = time;
    if (!list.basis.empty()) {
        auto basis = control::read_template(list.basis, "template");
        if (!basis)
            return failure(422, "invalid", basis.error().message);
        import.basis = *std::move(basis);
    }
    if (const auto read = control::read_words(list.words, import); !read)
        return failure(422, "invalid", in_words_of_http(read.error().message));
    if (const auto found = look_up(state, import); !found)
        return conflict(found.error());
    const auto show = [&](std::string_view what, std::uint64_t done, std::uint64_t total) {
        if (progress)
            progress(what, done, total);
    };
    if (const auto read = control::read_lists(list.texts, import, show); !read) {
        import.lists.clear();
        delivery.orders = std::unexpected(read.error());
    } else {
        delivery.orders = control::judge(import);
    }
    return delivery;
}

Reply take_list(Desk& desk, const book::Act& given, Delivery& delivery, bool all)
{
    auto& import = delivery.import;
    if (const auto kept = control::keep_quarantine(import, desk.state()); !kept)
        return stay(desk, import, kept.error().message, all);
    if (!delivery.orders)
        return stay(desk, import, delivery.orders.error().message, all);
    auto act = given;
    if (act.reason.empty())
        act.reason = import.reason();
    auto done = desk.take(act, desk.steps(act).take_list(import, *std::move(delivery.orders), all));
    if (!done && done.error().in_book)
        return done;
    if (!done) {
        auto failed = stay(desk, import, done.error().message, all);
        if (done.error().code == "refused") {
            failed.error().status = done.error().status;
            failed.error().code = done.error().code;
        }
        return failed;
    }
    if (import.fetch)
        feed::forget_others(*import.fetch, import.folder(desk.state()));
    return done;
}

Result<feed::ReportResult> report_list(Delivery& delivery, const control::State& state)
{
    INTERDICT_TRY(const auto book, book::Book::open(state.book(), book::Access::Read));
    return control::report_outcomes(book, *delivery.shield, delivery.import);
}

} // namespace interdict::daemon
