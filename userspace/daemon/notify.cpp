// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace interdict::daemon {

namespace {

// Of the time after which systemd gives up.
constexpr int kPart = 4;

} // namespace

Notifier::Notifier() : Notifier(std::getenv("NOTIFY_SOCKET"), std::getenv("WATCHDOG_USEC")) {}

Notifier::Notifier(const char* socket, const char* watchdog_usec)
{
    sockaddr_un address = {};
    if (!socket || *socket == '\0' || std::strlen(socket) >= sizeof(address.sun_path))
        return;
    path_ = socket;
    if (path_.front() == '@')
        path_.front() = '\0'; // an abstract one
    const int opened = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (opened < 0)
        return;
    socket_ = Fd(opened);
    std::int64_t time = 0;
    if (watchdog_usec &&
        std::from_chars(watchdog_usec, watchdog_usec + std::strlen(watchdog_usec), time).ec == std::errc() &&
        time >= kPart)
        watchdog_ = std::chrono::microseconds(time / kPart);
}

void Notifier::tell(std::string_view state) const
{
    if (!socket_)
        return;
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path_, address.sun_path);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    // systemd's queue may be full; it is told again.
    static_cast<void>(::sendto(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&address), length));
}

void Notifier::progress(std::string_view what, std::uint64_t done, std::uint64_t total)
{
    const auto time = std::chrono::steady_clock::now();
    if (!watchdog_ || time - told_ < *watchdog_)
        return;
    told_ = time;
    shown_ = true;
    tell(fmt::format("WATCHDOG=1\nSTATUS={}: {} of {}", what, done, total));
}

void Notifier::alive(std::string_view status)
{
    told_ = std::chrono::steady_clock::now();
    tell(std::exchange(shown_, false) ? fmt::format("WATCHDOG=1\nSTATUS={}", status) : "WATCHDOG=1");
}

} // namespace interdict::daemon
