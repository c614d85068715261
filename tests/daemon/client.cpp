// SPDX-License-Identifier: Apache-2.0
#include "client.h"

#include <csignal>
#include <sstream>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <linux/if_ether.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/file.h"
#include "harness/orders.h"

namespace interdict::test {

namespace {

std::size_t append(char* data, std::size_t size, std::size_t count, void* to)
{
    static_cast<std::string*>(to)->append(data, size * count);
    return size * count;
}

constexpr auto kPatience = std::chrono::seconds(60);

} // namespace

Response send(const Door& door, const std::string& method, const std::string& path, const std::string& body)
{
    CURL* curl = ::curl_easy_init();
    Response response;
    curl_slist* headers = ::curl_slist_append(nullptr, "Expect:");
    for (const auto& header : door.headers)
        headers = ::curl_slist_append(headers, header.c_str());
    if (!door.token.empty())
        headers = ::curl_slist_append(headers, ("Authorization: Bearer " + door.token).c_str());
    if (!door.socket.empty())
        ::curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, door.socket.c_str());
    if (!door.ca.empty())
        ::curl_easy_setopt(curl, CURLOPT_CAINFO, door.ca.c_str());
    ::curl_easy_setopt(curl, CURLOPT_URL, (door.base + path).c_str());
    ::curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
    ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (!body.empty() || method != "GET") {
        ::curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        ::curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    }
    ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
    ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    static_cast<void>(::curl_easy_perform(curl));
    ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response.status);
    ::curl_slist_free_all(headers);
    ::curl_easy_cleanup(curl);
    return response;
}

std::string talk(const std::string& socket, const std::string& bytes)
{
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::ranges::copy(socket, address.sun_path);
    const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        return "cannot connect";
    static_cast<void>(!::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    ::shutdown(fd.get(), SHUT_WR);
    std::string answer;
    std::array<char, 4096> part;
    for (ssize_t count = 0; (count = ::recv(fd.get(), part.data(), part.size(), 0)) > 0;)
        answer.append(part.data(), static_cast<std::size_t>(count));
    return answer;
}

Running::Running(const std::string& more)
{
    ::signal(SIGPIPE, SIG_IGN); // libcurl leaves it alone where it may not touch signals
    std::string name = (std::filesystem::temp_directory_path() / "interdict-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    write_config(more);
}

Running::~Running()
{
    if (pid_ != 0)
        end(SIGKILL);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void Running::write_config(const std::string& more, const std::string& api)
{
    const auto text = fmt::format(R"({{"state": "{0}/state", "pins": "{1}", "log": {{"target": "{0}/log"}},
        "api": {{"socket": "{0}/sock"{3}}}{2}}})",
                                  folder_.string(), pins_.path().string(), more, api);
    REQUIRE(write_file(config(), text));
}

void Running::spawn(const std::vector<std::string>& before)
{
    REQUIRE(pid_ == 0);
    auto words = before;
    for (const auto& word :
         {std::string(INTERDICT_BINARY_DIR "/interdictd"), std::string("--config"), config().string()})
        words.push_back(word);
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        // Nothing stays behind if the test dies.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int null = ::open("/dev/null", O_RDWR);
        for (const int fd : {0, 1, 2})
            ::dup2(null, fd);
        ::execvp(arguments.front(), arguments.data());
        ::_exit(127);
    }
}

void Running::start(const std::vector<std::string>& before)
{
    spawn(before);
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (get("/v1/health").status == 0) {
        if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
            pid_ = 0;
            FAIL("the daemon ended at its start: " << log());
        }
        if (std::chrono::steady_clock::now() > end)
            FAIL("the daemon does not answer: " << log());
        ::usleep(1000);
    }
}

int Running::end(int signal)
{
    int status = 0;
    ::kill(pid_, signal);
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
}

Response Running::post_as(const std::string& actor, const std::string& path, const std::string& body) const
{
    auto as = door();
    as.headers.push_back("Interdict-Actor: " + actor);
    return send(as, "POST", path, body);
}

Json Running::next_event(const std::string& kind, std::uint64_t& sequence) const
{
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
        const auto answer = get(fmt::format("/v1/events?follow=false&after={}", sequence));
        std::istringstream in(answer.body);
        for (std::string line; std::getline(in, line);) {
            const auto event = Json::parse(line);
            sequence = event["sequence"];
            if (event["kind"] == kind)
                return event;
        }
        ::usleep(1000);
    }
    FAIL("no event " << kind << ": " << log());
    return {};
}

std::string Running::log() const { return read_file(folder_ / "log").value_or("no log"); }

std::string all_faults(const Running& daemon)
{
    std::string text;
    const auto status = daemon.get("/v1/status").json();
    for (const auto& fault : status["degraded"])
        text += fault.get<std::string>() + "\n";
    return text;
}

bool comes_to(const std::function<bool()>& is)
{
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!is())
        if (std::chrono::steady_clock::now() > end)
            return false;
        else
            ::usleep(10'000);
    return true;
}

bool well(const Running& daemon)
{
    return comes_to([&] { return all_faults(daemon).empty(); });
}

std::string address_order(const std::string& id, const std::string& address, const std::string& more)
{
    return R"({"orders": [{"id": ")" + id +
           R"(", "kind": "court-order", "authority": "A court", "reference": "1", "jurisdiction": "ZZ",
        "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z")" +
           more + R"(, "targets": [{"prefix": ")" + address +
           R"(/32", "expires": "2099-01-01T00:00:00Z"}]}]})";
}

bool passes(const std::vector<std::uint8_t>& frame)
{
    const Fd raw(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)));
    sockaddr_ll at = {};
    at.sll_family = AF_PACKET;
    at.sll_protocol = htons(ETH_P_ALL);
    at.sll_ifindex = static_cast<int>(::if_nametoindex("sub0"));
    REQUIRE(::bind(raw.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0);
    lifecycle::Namespace::send(frame);
    // What was sent before this one has been judged when it arrives.
    auto last = lifecycle::frame_to("203.0.113.250");
    lifecycle::Namespace::send(last);
    bool seen = false;
    std::vector<std::uint8_t> got(2048);
    const timeval patience{5, 0};
    ::setsockopt(raw.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    while (true) {
        const ssize_t count = ::recv(raw.get(), got.data(), got.size(), 0);
        if (count < 0)
            FAIL("not even a packet that nobody blocks arrives");
        const auto is = [&](const std::vector<std::uint8_t>& other) {
            return static_cast<std::size_t>(count) >= other.size() &&
                   std::equal(other.begin(), other.end(), got.begin());
        };
        seen |= is(frame);
        if (is(last))
            return seen;
    }
}

std::string order_file(const std::string& id, std::initializer_list<std::string> names,
                       const std::string& more)
{
    std::string targets;
    for (const auto& name : names)
        targets += (targets.empty() ? "" : ", ") + harness::block_name(name);
    return R"({"orders": [{"id": ")" + id +
           R"(", "kind": "court-order", "authority": "A court", "reference": "1/2022",)"
           R"( "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z")" +
           more + R"(, "targets": [)" + targets + "]}]}";
}

} // namespace interdict::test
