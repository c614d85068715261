// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include <stdexcept>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace interdict::feed {

Server* Server::get(std::string& why)
{
    static std::string reason;
    static const auto server = make(reason);
    why = reason;
    return server.get();
}

std::unique_ptr<Server> Server::make(std::string& why)
{
    std::unique_ptr<Server> made(new Server);
    why = made->start();
    return why.empty() ? std::move(made) : nullptr;
}

std::string Server::start()
{
    if (std::system("openssl version >/dev/null 2>&1 && python3 -c 'import ssl' >/dev/null 2>&1") != 0)
        return "needs openssl and python3";
    std::string pattern = (std::filesystem::temp_directory_path() / "interdict-feed-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
        return "cannot make a folder";
    folder_ = pattern;
    int in[2];
    int out[2];
    // Other children of the test must not keep its standard input open.
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)
        return "cannot make a pipe";
    child_ = ::fork();
    if (child_ == 0) {
        ::dup2(in[0], 0);
        ::dup2(out[1], 1);
        ::execlp("python3", "python3", INTERDICT_SOURCE_DIR "/tests/feed/piracyshield_server.py",
                 folder_.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    char c = 0;
    while (::read(out[0], &c, 1) == 1 && c != '\n')
        port_ += c;
    ::close(out[0]);
    if (port_.empty())
        return "the server does not start";
    auto http = Http::make({.ca_file = ca_file()});
    if (!http)
        return http.error().message;
    http_ = *std::move(http);
    return {};
}

Server::~Server()
{
    if (input_ >= 0)
        ::close(input_); // it ends with its standard input
    if (child_ > 0)
        ::waitpid(child_, nullptr, 0);
    std::error_code ignored;
    if (!folder_.empty())
        std::filesystem::remove_all(folder_, ignored);
}

void Server::set(nlohmann::json state)
{
    if (!state.contains("faults"))
        state["faults"] = nlohmann::json::array();
    state["requests"] = nlohmann::json::array();
    const auto answer = http_->send(
        {.method = "POST", .url = "https://127.0.0.1:" + port_ + "/control", .body = state.dump()});
    if (!answer || answer->status != 200)
        throw std::runtime_error("the server takes no control");
}

nlohmann::json Server::requests()
{
    const auto answer = http_->send({.url = "https://127.0.0.1:" + port_ + "/control"});
    if (!answer || answer->status != 200)
        throw std::runtime_error("the server gives no requests");
    return nlohmann::json::parse(answer->body);
}

std::vector<std::string> Server::paths()
{
    std::vector<std::string> out;
    for (const auto& request : requests())
        out.push_back(request["path"].get<std::string>().substr(7));
    return out;
}

} // namespace interdict::feed
