// SPDX-License-Identifier: Apache-2.0
//
// fd.h: a file descriptor that closes itself.
#pragma once

#include <cassert>
#include <utility>

#include <unistd.h>

namespace interdict {

// Owns one open descriptor. Default-constructed or moved-from: owns none, and get() may not be called.
class Fd {
public:
    Fd() noexcept = default;

    // fd: open, at least 0. Failure is to be handled before an Fd is made.
    explicit Fd(int fd) noexcept : fd_(fd) { assert(fd >= 0); }

    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, kNone)) {}

    Fd& operator=(Fd&& other) noexcept
    {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, kNone);
        }
        return *this;
    }

    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;

    ~Fd() { reset(); }

    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

    [[nodiscard]] int get() const noexcept
    {
        assert(fd_ >= 0);
        return fd_;
    }

    // Hands the descriptor to the caller, who closes it.
    [[nodiscard]] int release() noexcept
    {
        assert(fd_ >= 0);
        return std::exchange(fd_, kNone);
    }

    void reset() noexcept
    {
        if (fd_ >= 0)
            ::close(std::exchange(fd_, kNone));
    }

private:
    static constexpr int kNone = -1;

    int fd_ = kNone;
};

} // namespace interdict
