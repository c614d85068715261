// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/server.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/api/connection.h"
#include "daemon/api/seats.h"

namespace interdict::daemon::api {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kPeersMax = 4096; // whose rate is remembered
constexpr char kBearer[] = "Bearer ";

struct FreeContext {
    void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;

// The request that this thread serves.
struct Exchange {
    Connection* connection = nullptr;
    Peer peer; // of the connection, or of the token that came with the request
    bool failed = false;
};
thread_local Exchange* exchange = nullptr;

// A bucket for each peer: a second's worth at most.
class Rates {
public:
    explicit Rates(unsigned rate) : rate_(rate) {}

    bool take(const std::string& key)
    {
        const std::lock_guard lock(mutex_);
        if (buckets_.size() > kPeersMax)
            buckets_.clear();
        const auto time = SteadyClock::now();
        auto& [left, last] = buckets_.try_emplace(key, rate_, time).first->second;
        left = std::min<double>(rate_, left + std::chrono::duration<double>(time - last).count() * rate_);
        last = time;
        if (left < 1)
            return false;
        left -= 1;
        return true;
    }

private:
    struct Bucket {
        double left;
        SteadyClock::time_point last;
    };
    const double rate_;
    std::mutex mutex_;
    std::map<std::string, Bucket> buckets_;
};

std::string error_body(std::string_view code, std::string_view message)
{
    return Failure{0, std::string(code), std::string(message)}.json().dump() + "\n";
}

void refuse(httplib::Response& response, int status, std::string_view code, std::string_view message)
{
    response.status = status;
    response.set_content(error_body(code, message), "application/json");
    exchange->failed = true;
}

std::string_view code_of(int status)
{
    switch (status) {
    case 400:
        return "bad-request";
    case 404:
        return "not-found";
    case 413:
        return "too-large";
    case 414:
    case 431:
        return "too-long";
    default:
        return status >= 500 ? "internal" : "bad-request";
    }
}

Result<Fd> listen_on(const std::string& address, std::uint16_t port)
{
    sockaddr_in v4 = {};
    sockaddr_in6 v6 = {};
    v4.sin_family = AF_INET;
    v6.sin6_family = AF_INET6;
    v4.sin_port = v6.sin6_port = htons(port);
    const bool is_v4 = ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1;
    if (!is_v4 && ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1)
        return fail("{}: is not an address", address);
    Fd fd(::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    const int bound = is_v4 ? ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&v4), sizeof(v4))
                            : ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&v6), sizeof(v6));
    if (bound != 0 || ::listen(fd.get(), SOMAXCONN) != 0)
        return fail_errno(errno, "{} port {}: cannot listen there", address, port);
    return fd;
}

std::string tls_error()
{
    const auto code = ::ERR_get_error();
    const char* text = ::ERR_reason_error_string(code);
    ::ERR_clear_error();
    return text ? text : "unknown fault";
}

} // namespace

class Server::Http : public httplib::Server {
public:
    Http(Fd socket, TlsContext tls, const ServerLimits& limits, Identities who, Router& router)
        : tls_(std::move(tls)), who_(std::move(who)), router_(router), rates_(limits.rate)
    {
        new_task_queue = [seats = limits.connections] { return new Seats(seats); };
        set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
            return admit(request, response) ? HandlerResponse::Unhandled : HandlerResponse::Handled;
        });
        const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
            this->serve(request, response);
        };
        Get(".*", serve);
        Post(".*", serve);
        Put(".*", serve);
        Delete(".*", serve);
        set_error_handler([](const httplib::Request&, httplib::Response& response) {
            if (response.body.empty())
                response.set_content(error_body(code_of(response.status), "the request cannot be served"),
                                     "application/json");
            if (exchange)
                exchange->failed = true;
        });
        set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
            response.status = 500;
            response.body.clear();
        });
        set_logger(
            [this](const httplib::Request&, const httplib::Response& response) { count(response.status); });
        svr_sock_ = socket.release();
        thread_ = std::thread([this] { listen_after_bind(); });
    }

    ~Http() override
    {
        while (!is_running())
            std::this_thread::yield();
        stop();
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
            for (const auto* connection : connections_)
                connection->shut_down();
        }
        thread_.join();
    }

    [[nodiscard]] std::uint64_t served() const { return served_; }

    [[nodiscard]] std::map<int, std::uint64_t> answers() const
    {
        const std::lock_guard lock(answers_mutex_);
        return answers_;
    }

    std::filesystem::path remove_at_end;

private:
    bool process_and_close_socket(socket_t socket) override
    {
        if (Seats::turning_away()) {
            turn_away(socket);
            return false;
        }
        Connection connection(socket, tls_.get());
        if (!enter(connection))
            return false;
        talk(connection);
        const std::lock_guard lock(mutex_);
        connections_.erase(&connection);
        return true;
    }

    bool enter(Connection& connection)
    {
        const std::lock_guard lock(mutex_);
        if (closing_)
            return false;
        connections_.insert(&connection);
        return true;
    }

    void count(int status) const
    {
        const std::lock_guard lock(answers_mutex_);
        ++answers_[status];
    }

    void turn_away(int socket) const
    {
        count(503);
        const Fd fd(socket);
        const std::string body = error_body("busy", "too many connections; try again");
        const std::string text =
            fmt::format("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
                        "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
                        body.size(), body);
        if (!tls_) // to shake hands would hold up all others
            static_cast<void>(::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    }

    void talk(Connection& connection)
    {
        if (!connection.shake_hands())
            return;
        Exchange mine{.connection = &connection, .peer = user_of(connection)};
        exchange = &mine;
        bool closed = false;
        while (!closed && !mine.failed) {
            const auto head = connection.read_head();
            if (head == Connection::Head::TooLong || head == Connection::Head::TooSlow) {
                const bool slow = head == Connection::Head::TooSlow;
                count(slow ? 408 : 431);
                const std::string body = slow ? error_body("too-slow", "the request took too long")
                                              : error_body("too-long", "the request's head is too long");
                connection.write(fmt::format(
                    "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: "
                    "{}\r\nConnection: close\r\n\r\n{}",
                    slow ? "408 Request Timeout" : "431 Request Header Fields Too Large", body.size(), body));
                break;
            }
            if (head == Connection::Head::Closed) {
                exchange = nullptr;
                return;
            }
            if (!process_request(connection, false, closed, [](httplib::Request& request) {
                    // Of no use here: an answer is whole, and a body is as it is sent.
                    request.ranges.clear();
                    request.headers.erase("Range");
                    request.headers.erase("Content-Encoding");
                    // Nor is a body ever a form, whatever curl calls it.
                    request.headers.erase("Content-Type");
                }))
                break;
        }
        exchange = nullptr;
        connection.linger();
    }

    Peer user_of(const Connection& connection) const
    {
        if (who_.of_address) {
            std::string address;
            int port = 0;
            connection.get_remote_ip_and_port(address, port);
            return who_.of_address(address);
        }
        ucred user = {};
        socklen_t size = sizeof(user);
        if (!who_.of_user || ::getsockopt(connection.socket(), SOL_SOCKET, SO_PEERCRED, &user, &size) != 0)
            return {};
        return who_.of_user(user.uid, user.gid, user.pid);
    }

    // Before the body is read.
    bool admit(const httplib::Request& request, httplib::Response& response)
    {
        if (who_.of_token) {
            const auto given = request.get_header_value("Authorization");
            exchange->peer =
                who_.of_token(given.starts_with(kBearer) ? std::string_view(given).substr(sizeof(kBearer) - 1)
                                                         : std::string_view());
        }
        const Peer& peer = exchange->peer;
        if (!rates_.take(peer.key)) {
            response.set_header("Retry-After", "1");
            refuse(response, 429, "too-many", "too many requests; try again in a second");
            return false;
        }
        if (peer.role == Role::None) {
            if (who_.of_token)
                response.set_header("WWW-Authenticate", "Bearer");
            refuse(response, who_.of_token ? 401 : 403, who_.of_token ? "unauthorised" : "forbidden",
                   who_.of_token ? "a token is needed; interdict token add makes one"
                                 : "this user may not use the socket; see api.group in docs/daemon.md");
            return false;
        }
        const auto admission = router_.admit(request.method, request.path, peer);
        if (admission.status != 0) {
            refuse(response, admission.status, admission.code, admission.message);
            return false;
        }
        const auto length = request.get_header_value("Content-Length");
        if (length.size() > 18 || std::strtoull(length.c_str(), nullptr, 10) > admission.body) {
            refuse(response, 413, "too-large",
                   fmt::format("the body is too large; at most {} bytes here", admission.body));
            return false;
        }
        // Chunks have heads of their own.
        exchange->connection->allow_body(admission.body + admission.body / 8 + 4096);
        return true;
    }

    void serve(const httplib::Request& from, httplib::Response& to)
    {
        ++served_;
        const Request request{.method = from.method,
                              .path = from.path,
                              .query = from.params,
                              .body = from.body,
                              .accept = from.get_header_value("Accept"),
                              .actor = from.get_header_value("Interdict-Actor"),
                              .host = from.get_header_value("Host"),
                              .accept_language = from.get_header_value("Accept-Language"),
                              .peer = exchange->peer};
        Answer answer;
        router_.serve(request, answer);
        to.status = answer.status;
        for (const auto& [name, value] : answer.headers)
            to.set_header(name.c_str(), value);
        if (!answer.stream) {
            to.set_content(std::move(answer.body), answer.type);
            return;
        }
        to.set_chunked_content_provider(
            answer.type, [stream = std::move(answer.stream)](std::size_t, httplib::DataSink& sink) {
                stream([&](std::string_view text) {
                    return sink.is_writable() && sink.write(text.data(), text.size());
                });
                sink.done();
                return true;
            });
    }

    TlsContext tls_;
    Identities who_;
    Router& router_;
    Rates rates_;
    std::atomic<std::uint64_t> served_ = 0;
    mutable std::mutex answers_mutex_;
    mutable std::map<int, std::uint64_t> answers_;
    std::mutex mutex_; // what follows
    std::set<const Connection*> connections_;
    bool closing_ = false;
    std::thread thread_; // after all that it uses
};

std::string Request::parameter(const std::string& name) const
{
    const auto found = query.find(name);
    return found == query.end() ? "" : found->second;
}

Server::Server(std::unique_ptr<Http> http) : http_(std::move(http)) {}

Server::~Server()
{
    const auto path = http_->remove_at_end;
    http_.reset();
    std::error_code ignored;
    if (!path.empty())
        std::filesystem::remove(path, ignored);
}

std::uint64_t Server::served() const { return http_->served(); }

std::map<int, std::uint64_t> Server::answers() const { return http_->answers(); }

Result<std::unique_ptr<Server>> Server::on_socket(const std::filesystem::path& path, int group,
                                                  const ServerLimits& limits, Identities who, Router& router)
{
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.string().size() >= sizeof(address.sun_path))
        return fail("{}: is too long for a socket", path.string());
    std::ranges::copy(path.string(), address.sun_path);
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), where, sizeof(address)) == 0)
        return fail("{}: another daemon answers there", path.string());
    std::filesystem::remove(path, error);
    // Nobody may connect before owner and mode are right.
    const auto mask = ::umask(0177);
    const int bound = ::bind(fd.get(), where, sizeof(address));
    const int why = errno;
    ::umask(mask);
    if (bound != 0)
        return fail_errno(why, "{}: cannot listen there", path.string());
    if (group >= 0 && (::chown(path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(group)) != 0 ||
                       ::chmod(path.c_str(), 0660) != 0))
        return fail_errno(errno, "{}: cannot be given to its group", path.string());
    if (::listen(fd.get(), SOMAXCONN) != 0)
        return fail_errno(errno, "{}: cannot listen there", path.string());
    auto http = std::make_unique<Http>(std::move(fd), nullptr, limits, std::move(who), router);
    http->remove_at_end = path;
    return std::unique_ptr<Server>(new Server(std::move(http)));
}

Result<std::unique_ptr<Server>> Server::on_tcp(const TcpConfig& config, const ServerLimits& limits,
                                               Identities who, Router& router)
{
    ::signal(SIGPIPE, SIG_IGN); // of a peer that has gone while OpenSSL writes
    TlsContext tls(::SSL_CTX_new(::TLS_server_method()));
    if (!tls || ::SSL_CTX_set_min_proto_version(tls.get(), TLS1_2_VERSION) != 1)
        return fail("TLS does not start: {}", tls_error());
    if (::SSL_CTX_use_certificate_chain_file(tls.get(), config.certificate.c_str()) != 1)
        return fail("{}: {}", config.certificate.string(), tls_error());
    if (::SSL_CTX_use_PrivateKey_file(tls.get(), config.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        ::SSL_CTX_check_private_key(tls.get()) != 1)
        return fail("{}: {}", config.key.string(), tls_error());
    INTERDICT_TRY(auto fd, listen_on(config.address, config.port));
    return std::unique_ptr<Server>(
        new Server(std::make_unique<Http>(std::move(fd), std::move(tls), limits, std::move(who), router)));
}

Result<std::unique_ptr<Server>> Server::on_address(const Listen& listen, const ServerLimits& limits,
                                                   Identities who, Router& router)
{
    INTERDICT_TRY(auto fd, listen_on(listen.address, listen.port));
    return std::unique_ptr<Server>(
        new Server(std::make_unique<Http>(std::move(fd), nullptr, limits, std::move(who), router)));
}

} // namespace interdict::daemon::api
