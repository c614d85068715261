// SPDX-License-Identifier: Apache-2.0
#include "watch/resolver.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <deque>
#include <map>
#include <memory>

#include <ares.h>

#include <poll.h>

namespace interdict::watch {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPayload = 1232; // EDNS; no fragments on the way (DNS flag day 2020)
constexpr std::chrono::milliseconds kPollMax{200};

std::string bare(const order::Prefix& address)
{
    const std::string text = order::to_string(address);
    return text.substr(0, text.find('/'));
}

// One resolver: at most pace.concurrent questions under way, at most pace.per_second sent in a second.
class Asker {
public:
    Asker(std::span<const Question> questions, const Pace& pace, std::vector<Reply>& replies)
        : questions_(questions), pace_(pace), replies_(replies)
    {
    }
    Asker(const Asker&) = delete;
    Asker& operator=(const Asker&) = delete;
    ~Asker()
    {
        if (channel_)
            ares_destroy(channel_); // ends what is under way through on_answer()
    }

    Result<void> open(const Server& server);

    void send();
    void add_sockets(std::vector<pollfd>& into) const;
    void process(const pollfd& ready);
    void expire() { ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD); }

    [[nodiscard]] bool done() const { return next_ == questions_.size() && under_way_ == 0; }
    [[nodiscard]] std::size_t answered() const { return next_ - under_way_; }
    // Until there is something to do without any packet.
    [[nodiscard]] std::chrono::milliseconds wait() const;

private:
    struct Query {
        Asker* asker = nullptr;
        std::size_t question = 0;
    };

    static void on_answer(void* argument, int status, int timeouts, unsigned char* bytes, int length);
    static void on_socket(void* argument, ares_socket_t fd, int readable, int writable);

    void refill();
    void send_one();
    void take(const Query& query, int status, std::span<const std::uint8_t> bytes);

    std::span<const Question> questions_;
    const Pace& pace_;
    std::vector<Reply>& replies_; // by question
    ares_channel channel_ = nullptr;
    std::deque<Query> queries_; // by question; stays in place while it grows
    std::map<int, short> sockets_;
    std::size_t next_ = 0;
    std::size_t under_way_ = 0;
    unsigned unanswered_ = 0; // in a row
    double allowance_ = 1;
    Clock::time_point refilled_ = Clock::now();
};

Result<void> Asker::open(const Server& server)
{
    ares_options options{};
    // Answers as they are, whatever their code says; the same name without any search list.
    options.flags = ARES_FLAG_EDNS | ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
                    ARES_FLAG_STAYOPEN;
    options.timeout = static_cast<int>(pace_.timeout);
    options.tries = static_cast<int>(pace_.tries);
    options.ednspsz = kPayload;
    options.sock_state_cb = on_socket;
    options.sock_state_cb_data = this;
    const int mask =
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB;
    if (const int status = ares_init_options(&channel_, &options, mask); status != ARES_SUCCESS)
        return fail("cannot ask {}: {}", to_string(server), ares_strerror(status));
    if (const int status = ares_set_servers_ports_csv(channel_, to_string(server).c_str());
        status != ARES_SUCCESS)
        return fail("cannot ask {}: {}", to_string(server), ares_strerror(status));
    return {};
}

void Asker::on_socket(void* argument, ares_socket_t fd, int readable, int writable)
{
    auto& sockets = static_cast<Asker*>(argument)->sockets_;
    if (!readable && !writable)
        sockets.erase(fd);
    else
        sockets[fd] = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
}

void Asker::on_answer(void* argument, int status, int /*timeouts*/, unsigned char* bytes, int length)
{
    const auto& query = *static_cast<const Query*>(argument);
    query.asker->take(query, status, {bytes, bytes ? static_cast<std::size_t>(length) : 0});
}

void Asker::take(const Query& query, int status, std::span<const std::uint8_t> bytes)
{
    --under_way_;
    Reply& reply = replies_[query.question];
    if (status != ARES_SUCCESS) {
        ++unanswered_;
        reply.fault = status == ARES_ETIMEOUT ? "no answer" : ares_strerror(status);
        return;
    }
    unanswered_ = 0;
    auto message = read_message(bytes);
    if (message)
        reply.message = *std::move(message);
    else
        reply.fault = message.error().message;
}

void Asker::refill()
{
    const auto now = Clock::now();
    const double burst = std::max(1.0, pace_.per_second / 10.0);
    allowance_ += std::chrono::duration<double>(now - refilled_).count() * pace_.per_second;
    allowance_ = std::min(allowance_, burst);
    refilled_ = now;
}

void Asker::send()
{
    refill();
    while (next_ < questions_.size() && under_way_ < pace_.concurrent && allowance_ >= 1) {
        if (unanswered_ >= kSilence) {
            for (; next_ < questions_.size(); ++next_)
                replies_[next_].fault =
                    fmt::format("not asked: {} questions in a row had no answer", kSilence);
            return;
        }
        send_one();
    }
}

void Asker::send_one()
{
    const std::size_t index = next_++;
    const Question& question = questions_[index];
    unsigned char* raw = nullptr;
    int length = 0;
    const int status = ares_create_query(question.name.c_str(), 1, static_cast<int>(question.type), 0, 1,
                                         &raw, &length, kPayload);
    const std::unique_ptr<unsigned char, void (*)(void*)> bytes(raw, ares_free_string);
    if (status != ARES_SUCCESS) {
        replies_[index].fault = ares_strerror(status);
        return;
    }
    allowance_ -= 1;
    ++under_way_;
    queries_.push_back({this, index});
    ares_send(channel_, bytes.get(), length, on_answer, &queries_.back());
}

void Asker::add_sockets(std::vector<pollfd>& into) const
{
    for (const auto& [fd, events] : sockets_)
        into.push_back({fd, events, 0});
}

void Asker::process(const pollfd& ready)
{
    // Another one of this round may have closed it.
    if (!sockets_.contains(ready.fd))
        return;
    const bool in = (ready.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool out = (ready.revents & POLLOUT) != 0;
    ares_process_fd(channel_, in ? ready.fd : ARES_SOCKET_BAD, out ? ready.fd : ARES_SOCKET_BAD);
}

std::chrono::milliseconds Asker::wait() const
{
    using std::chrono::milliseconds;
    milliseconds least = kPollMax;
    timeval left{};
    if (under_way_ != 0 && ares_timeout(channel_, nullptr, &left))
        least = std::min(least, milliseconds(left.tv_sec * 1000 + left.tv_usec / 1000 + 1));
    if (next_ < questions_.size() && under_way_ < pace_.concurrent)
        least = std::min(least, milliseconds(1 + 1000 / pace_.per_second));
    return least;
}

// c-ares wants to be set up once, before the first channel.
Result<void> set_up_library()
{
    static const int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status != ARES_SUCCESS)
        return fail("cannot set up c-ares: {}", ares_strerror(status));
    return {};
}

Result<void> run(std::span<const std::unique_ptr<Asker>> askers,
                 const std::function<void(std::size_t)>& report, const std::function<bool()>& cancelled)
{
    std::vector<pollfd> sockets;
    while (!std::ranges::all_of(askers, [](const auto& asker) { return asker->done(); })) {
        if (cancelled && cancelled())
            return fail("given up, because the program ends");
        auto wait = kPollMax;
        std::vector<std::size_t> first; // index of each asker's sockets
        sockets.clear();
        std::size_t answered = 0;
        for (const auto& asker : askers) {
            asker->send();
            first.push_back(sockets.size());
            asker->add_sockets(sockets);
            wait = std::min(wait, asker->wait());
            answered += asker->answered();
        }
        if (report)
            report(answered);
        if (poll(sockets.data(), sockets.size(), static_cast<int>(wait.count())) < 0 && errno != EINTR)
            return fail_errno(errno, "cannot wait for the resolvers");
        first.push_back(sockets.size());
        for (std::size_t i = 0; i < askers.size(); ++i) {
            for (std::size_t s = first[i]; s < first[i + 1]; ++s)
                if (sockets[s].revents != 0)
                    askers[i]->process(sockets[s]);
            askers[i]->expire();
        }
    }
    return {};
}

} // namespace

Result<Server> parse_server(std::string_view text)
{
    constexpr std::string_view kForm =
        "write e.g. 192.0.2.53, 192.0.2.53:5353, 2001:db8::53 or [2001:db8::53]:5353";
    std::string_view address = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos || (end + 1 < text.size() && text[end + 1] != ':'))
            return fail("is not an address with a port; {}", kForm);
        address = text.substr(1, end - 1);
        port = end + 1 < text.size() ? text.substr(end + 2) : std::string_view();
        if (end + 1 < text.size() && port.empty())
            return fail("has an empty port; {}", kForm);
    } else if (const auto colon = text.find(':'); colon != text.npos && text.rfind(':') == colon) {
        address = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (port.empty())
            return fail("has an empty port; {}", kForm);
    }
    const auto parsed = order::parse_address(address);
    if (!parsed)
        return fail("is not the address of a resolver; {}", kForm);
    Server server{.address = *parsed};
    if (!port.empty()) {
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.port);
        if (error != std::errc{} || end != port.data() + port.size() || server.port == 0)
            return fail("has a port that is not one of 1 to 65535; {}", kForm);
    }
    return server;
}

std::string to_string(const Server& server)
{
    const std::string address = bare(server.address);
    if (server.port == 53)
        return address;
    return server.address.v6 ? fmt::format("[{}]:{}", address, server.port)
                             : fmt::format("{}:{}", address, server.port);
}

Result<Replies> ask(std::span<const Server> servers, std::span<const Question> questions, const Pace& pace,
                    const std::function<void(std::size_t)>& done, const std::function<bool()>& cancelled)
{
    INTERDICT_CHECK(set_up_library());
    std::vector<std::vector<Reply>> by_server(servers.size(), std::vector<Reply>(questions.size()));
    {
        std::vector<std::unique_ptr<Asker>> askers;
        for (std::size_t i = 0; i < servers.size(); ++i) {
            askers.push_back(std::make_unique<Asker>(questions, pace, by_server[i]));
            INTERDICT_CHECK(askers.back()->open(servers[i]));
        }
        INTERDICT_CHECK(run(askers, done, cancelled));
    }
    Replies replies(questions.size());
    for (std::size_t q = 0; q < questions.size(); ++q)
        for (auto& server : by_server)
            replies[q].push_back(std::move(server[q]));
    return replies;
}

} // namespace interdict::watch
