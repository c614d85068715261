// SPDX-License-Identifier: Apache-2.0
#include "zones.h"

#include <array>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace interdict::watch::test {

Result<Zones> Zones::start(unsigned servers)
{
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
        return fail_errno(errno, "pipe");
    const pid_t child = fork();
    if (child < 0)
        return fail_errno(errno, "fork");
    if (child == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        const std::string count = std::to_string(servers);
        execlp("python3", "python3", INTERDICT_SOURCE_DIR "/tests/watch/zone_server.py", count.c_str(),
               nullptr);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    Zones zones(child, Fd(in[1]), Fd(out[0]));
    const auto first = nlohmann::json::parse(zones.line(), nullptr, false);
    if (first.is_discarded())
        return fail("zone_server.py did not start; it needs python3 and 127.0.0.1 to 127.0.0.{}", servers);
    for (const auto& text : first.at("servers")) {
        INTERDICT_TRY(const auto server, parse_server(text.get<std::string>()));
        zones.servers_.push_back(server);
    }
    return zones;
}

Zones::Zones(Zones&& other) noexcept
    : child_(std::exchange(other.child_, 0)), in_(std::move(other.in_)), out_(std::move(other.out_)),
      read_(std::move(other.read_)), servers_(std::move(other.servers_))
{
}

Zones::~Zones()
{
    if (child_ == 0)
        return;
    in_.reset(); // it ends with its input
    waitpid(child_, nullptr, 0);
}

void Zones::command(std::string_view json)
{
    std::string text(json);
    text += '\n';
    if (write(in_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || line() != "ok")
        throw std::runtime_error(fmt::format("zone_server.py does not take {}", json));
}

std::string Zones::line()
{
    std::array<char, 4096> part{};
    while (read_.find('\n') == read_.npos) {
        const ssize_t count = read(out_.get(), part.data(), part.size());
        if (count <= 0)
            return {};
        read_.append(part.data(), static_cast<std::size_t>(count));
    }
    const auto end = read_.find('\n');
    std::string first = read_.substr(0, end);
    read_.erase(0, end + 1);
    return first;
}

} // namespace interdict::watch::test
