// SPDX-License-Identifier: Apache-2.0
#include "daemon/log.h"

#include <cstdlib>
#include <memory>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace interdict::daemon {

namespace {

spdlog::level::level_enum level_of(Severity severity)
{
    switch (severity) {
    case Severity::Debug:
        return spdlog::level::debug;
    case Severity::Info:
        return spdlog::level::info;
    case Severity::Warning:
        return spdlog::level::warn;
    case Severity::Error:
        break;
    }
    return spdlog::level::err;
}

// sd-daemon(3)
const char* priority_of(Severity severity)
{
    constexpr const char* kPriorities[] = {"<7>", "<6>", "<4>", "<3>"};
    return kPriorities[static_cast<std::size_t>(severity)];
}

} // namespace

Result<void> log_events(const LogConfig& config, Events& events)
{
    spdlog::sink_ptr sink;
    const bool journal = config.target == "stderr" && std::getenv("JOURNAL_STREAM");
    try {
        if (config.target == "stderr")
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        else
            sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(config.target);
    } catch (const spdlog::spdlog_ex& error) {
        return fail("{}", error.what());
    }
    const auto logger = std::make_shared<spdlog::logger>("interdict", std::move(sink));
    logger->set_level(spdlog::level::from_str(config.level));
    logger->set_pattern(journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger->flush_on(spdlog::level::debug);
    events.set_sink([logger, journal](const Event& event) {
        logger->log(level_of(event.severity), "{}{}: {}", journal ? priority_of(event.severity) : "",
                    event.kind, event.message);
    });
    return {};
}

} // namespace interdict::daemon
