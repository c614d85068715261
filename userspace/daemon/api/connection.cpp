// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/connection.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace interdict::daemon::api {

namespace {

using Clock = std::chrono::steady_clock;

constexpr timeval kReadTime{20, 0};  // for some of a body
constexpr timeval kWriteTime{20, 0}; // for some of an answer
constexpr std::chrono::milliseconds kLingerTime{1000};
constexpr std::size_t kLingerMax = 16 << 20; // bytes

} // namespace

Connection::Connection(int socket, SSL_CTX* tls) : fd_(socket)
{
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &kReadTime, sizeof(kReadTime));
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &kWriteTime, sizeof(kWriteTime));
    if (tls) {
        tls_.reset(::SSL_new(tls));
        ::SSL_set_fd(tls_.get(), socket);
    }
}

Connection::~Connection()
{
    if (tls_)
        static_cast<void>(::SSL_shutdown(tls_.get()));
}

void Connection::linger()
{
    if (tls_)
        static_cast<void>(::SSL_shutdown(tls_.get()));
    tls_.reset();
    ::shutdown(fd_.get(), SHUT_WR);
    const auto end = Clock::now() + kLingerTime;
    std::array<char, 16384> part;
    for (std::size_t taken = 0; taken < kLingerMax;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0 || !wait(POLLIN, static_cast<int>(left.count())))
            return;
        const ssize_t count = ::recv(fd_.get(), part.data(), part.size(), MSG_DONTWAIT);
        if (count <= 0)
            return;
        taken += static_cast<std::size_t>(count);
    }
}

void Connection::shut_down() const { ::shutdown(fd_.get(), SHUT_RDWR); }

bool Connection::shake_hands() { return !tls_ || ::SSL_accept(tls_.get()) == 1; }

bool Connection::wait(short events, int milliseconds) const
{
    pollfd entry{.fd = fd_.get(), .events = events, .revents = 0};
    return ::poll(&entry, 1, milliseconds) > 0;
}

Connection::Head Connection::read_head()
{
    body_left_ = 0;
    std::optional<Clock::time_point> end;
    std::array<char, 4096> part;
    while (true) {
        const auto blank = buffer_.find("\r\n\r\n");
        if (blank != buffer_.npos && blank + 4 <= kHeadMax) {
            head_left_ = blank + 4;
            return Head::Complete;
        }
        if (buffer_.size() >= kHeadMax)
            return Head::TooLong;
        if (!end && !buffer_.empty())
            end = Clock::now() + kHeadTime;
        const auto left = end ? std::chrono::ceil<std::chrono::milliseconds>(*end - Clock::now())
                              : std::chrono::milliseconds(kIdleTime);
        const bool pending = tls_ && ::SSL_pending(tls_.get()) > 0;
        if (left.count() <= 0 || (!pending && !wait(POLLIN, static_cast<int>(left.count()))))
            return end ? Head::TooSlow : Head::Closed;
        const ssize_t count = receive(part.data(), part.size());
        if (count <= 0)
            return Head::Closed;
        buffer_.append(part.data(), static_cast<std::size_t>(count));
    }
}

ssize_t Connection::receive(char* to, std::size_t size)
{
    if (tls_)
        return ::SSL_read(tls_.get(), to, static_cast<int>(std::min<std::size_t>(size, 1 << 20)));
    ssize_t count = 0;
    do
        count = ::recv(fd_.get(), to, size, 0);
    while (count < 0 && errno == EINTR);
    return count;
}

ssize_t Connection::read(char* to, std::size_t size)
{
    // The head is read byte by byte, and never into what follows.
    std::size_t& allowed = head_left_ != 0 ? head_left_ : body_left_;
    size = std::min(size, allowed);
    if (size == 0)
        return -1;
    ssize_t count = 0;
    if (!buffer_.empty()) {
        count = static_cast<ssize_t>(std::min(size, buffer_.size()));
        std::memcpy(to, buffer_.data(), static_cast<std::size_t>(count));
        buffer_.erase(0, static_cast<std::size_t>(count));
    } else {
        count = receive(to, size);
    }
    if (count > 0)
        allowed -= static_cast<std::size_t>(count);
    return count;
}

ssize_t Connection::write(const char* from, std::size_t size)
{
    std::size_t done = 0;
    while (done < size) {
        const ssize_t count = tls_
                                  ? ::SSL_write(tls_.get(), from + done,
                                                static_cast<int>(std::min<std::size_t>(size - done, 1 << 20)))
                                  : ::send(fd_.get(), from + done, size - done, MSG_NOSIGNAL);
        if (count < 0 && !tls_ && errno == EINTR)
            continue;
        if (count <= 0)
            return -1;
        done += static_cast<std::size_t>(count);
    }
    return static_cast<ssize_t>(done);
}

bool Connection::is_readable() const { return !buffer_.empty() || wait(POLLIN, 0); }

// Also false when the peer has gone.
bool Connection::is_writable() const
{
    pollfd entry{.fd = fd_.get(), .events = POLLOUT | POLLRDHUP, .revents = 0};
    return ::poll(&entry, 1, 1000) > 0 && (entry.revents & (POLLHUP | POLLERR | POLLRDHUP)) == 0;
}

// Not asked for: nothing that is served depends on an address.
void Connection::get_remote_ip_and_port(std::string& ip, int& port) const
{
    ip.clear();
    port = 0;
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const
{
    ip.clear();
    port = 0;
}

} // namespace interdict::daemon::api
