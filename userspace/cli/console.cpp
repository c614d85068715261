// SPDX-License-Identifier: Apache-2.0
#include "cli/console.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/json.h"

namespace interdict::cli {

namespace {

bool colour_wanted(int fd)
{
    const char* refused = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    return ::isatty(fd) && (!refused || *refused == '\0') &&
           !(terminal && std::string_view(terminal) == "dumb");
}

std::string_view code(Tone tone)
{
    switch (tone) {
    case Tone::Good:
        return "\033[32m";
    case Tone::Bad:
        return "\033[31m";
    case Tone::Doubtful:
        return "\033[33m";
    case Tone::Strong:
        return "\033[1m";
    case Tone::Faint:
        return "\033[2m";
    }
    return "";
}

std::string painted(bool colour, Tone tone, std::string_view text)
{
    return colour ? fmt::format("{}{}\033[0m", code(tone), text) : std::string(text);
}

} // namespace

Console::Console(bool json)
    : json_(json), interactive_(::isatty(STDOUT_FILENO)), colour_(colour_wanted(STDOUT_FILENO)),
      colour_errors_(colour_wanted(STDERR_FILENO))
{
}

void Console::line(std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
}

void Console::put(const Json& json)
{
    if (json_)
        line(text_of(json));
}

void Console::warn(std::string_view message)
{
    std::fflush(stdout);
    fmt::print(stderr, "{} {}\n", painted(colour_errors_, Tone::Doubtful, "warning:"), message);
}

void Console::error(const Error& error)
{
    std::fflush(stdout);
    fmt::print(stderr, "{} {}\n", painted(colour_errors_, Tone::Bad, "error:"), error.message);
    put({{"error", error.message}});
}

std::string Console::paint(Tone tone, std::string_view text) const { return painted(colour_, tone, text); }

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)), total_(total), terminal_(::isatty(STDERR_FILENO))
{
}

Progress::~Progress()
{
    if (drawn_)
        fmt::print(stderr, "\r\033[K");
}

void Progress::draw(std::uint64_t done)
{
    using namespace std::chrono_literals;
    const auto time = std::chrono::steady_clock::now();
    if (time - started_ < 1s || time - shown_ < 200ms)
        return;
    shown_ = time;
    drawn_ = true;
    if (total_ == 0) {
        fmt::print(stderr, "\r\033[K{} {}", what_, done);
        return;
    }
    constexpr std::uint64_t kWidth = 30;
    const std::uint64_t filled = std::min(kWidth, done * kWidth / total_);
    fmt::print(stderr, "\r\033[K{} [{:#<{}}{:.<{}}] {} %", what_, "", filled, "", kWidth - filled,
               std::min<std::uint64_t>(100, done * 100 / total_));
    std::fflush(stderr);
}

} // namespace interdict::cli
