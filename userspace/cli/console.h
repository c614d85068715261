// SPDX-License-Identifier: Apache-2.0
//
// console.h: what goes to standard output and standard error, and how it looks there.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace interdict::cli {

using Json = nlohmann::ordered_json;

enum class Tone { Good, Bad, Doubtful, Strong, Faint };

class Console {
public:
    explicit Console(bool json);

    [[nodiscard]] bool json() const { return json_; }
    // Standard output is a terminal.
    [[nodiscard]] bool interactive() const { return interactive_; }

    // A line for people; nothing with --json.
    template <class... Args>
    void say(fmt::format_string<Args...> format, Args&&... args)
    {
        if (!json_)
            line(fmt::format(format, std::forward<Args>(args)...));
    }

    // One JSON text as one line; nothing without --json.
    void put(const Json& json);

    // On standard error, with or without --json.
    void warn(std::string_view message);
    // With --json also {"error": ...} on standard output.
    void error(const Error& error);

    // Coloured where standard output is a terminal and NO_COLOR is not set.
    [[nodiscard]] std::string paint(Tone tone, std::string_view text) const;

private:
    void line(std::string_view text);

    bool json_;
    bool interactive_;
    bool colour_;
    bool colour_errors_;
};

// "1 problem", "2 problems".
[[nodiscard]] inline std::string counted(std::uint64_t number, std::string_view what)
{
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// A bar on standard error, from the second second on, if that is a terminal.
class Progress {
public:
    // total: in any unit; 0 = unknown.
    Progress(std::string what, std::uint64_t total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Cheap enough to be called for every packet.
    void at(std::uint64_t done)
    {
        if (terminal_ && (++calls_ & 0xfff) == 0)
            draw(done);
    }
    // For steps that take a while each: looks at the clock every time.
    void step(std::uint64_t done)
    {
        if (terminal_)
            draw(done);
    }

private:
    void draw(std::uint64_t done);

    std::string what_;
    std::uint64_t total_;
    bool terminal_;
    bool drawn_ = false;
    std::uint32_t calls_ = 0;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point shown_ = started_;
};

} // namespace interdict::cli
