// SPDX-License-Identifier: Apache-2.0
//
// connection.h: one connection to the API, plain or with TLS, that gives nobody more time or room than a
// request may have.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <httplib.h>

#include "base/fd.h"
#include "base/result.h"

namespace interdict::daemon::api {

inline constexpr std::size_t kHeadMax = std::size_t{16} << 10; // bytes: request line and headers
inline constexpr std::chrono::seconds kHeadTime{10};           // to send them, once begun
inline constexpr std::chrono::seconds kIdleTime{60};           // between two requests

class Connection : public httplib::Stream {
public:
    // tls: null = none. The socket is blocking and has time-outs.
    Connection(int socket, SSL_CTX* tls);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Of TLS. False: the peer does not speak it.
    [[nodiscard]] bool shake_hands();

    enum class Head { Complete, Closed, TooLong, TooSlow };
    // Reads the head of the next request into memory, from where read() gives it out.
    [[nodiscard]] Head read_head();

    // Of the present request's body; beyond it reading fails.
    void allow_body(std::size_t bytes) { body_left_ = bytes; }

    // Ends the connection; to be called from any thread.
    void shut_down() const;
    // After the last answer: takes what the peer still sends, for a second, and forgets it. A peer that sends
    // a body which nobody wants would else be reset before it has read why.
    void linger();

    bool is_readable() const override;
    bool is_writable() const override;
    ssize_t read(char* to, std::size_t size) override;
    ssize_t write(const char* from, std::size_t size) override;
    void get_remote_ip_and_port(std::string& ip, int& port) const override;
    void get_local_ip_and_port(std::string& ip, int& port) const override;
    socket_t socket() const override { return fd_.get(); }
    using httplib::Stream::write;

private:
    struct Free {
        void operator()(SSL* tls) const { ::SSL_free(tls); }
    };

    ssize_t receive(char* to, std::size_t size);
    [[nodiscard]] bool wait(short events, int milliseconds) const;

    Fd fd_;
    std::unique_ptr<SSL, Free> tls_;
    std::string buffer_;        // received and not given out yet
    std::size_t head_left_ = 0; // of it
    std::size_t body_left_ = 0;
};

} // namespace interdict::daemon::api
