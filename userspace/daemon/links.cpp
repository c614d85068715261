// SPDX-License-Identifier: Apache-2.0
#include "daemon/links.h"

#include <array>
#include <cstring>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace interdict::daemon {

namespace {

std::size_t padded(std::size_t length)
{
    return (length + NLMSG_ALIGNTO - 1) / NLMSG_ALIGNTO * NLMSG_ALIGNTO;
}

template <class T>
T record_at(std::span<const std::byte> bytes)
{
    T value;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

std::string name_in(std::span<const std::byte> attributes)
{
    while (attributes.size() >= sizeof(rtattr)) {
        const auto head = record_at<rtattr>(attributes);
        if (head.rta_len < sizeof(rtattr) || head.rta_len > attributes.size())
            return "";
        if (head.rta_type == IFLA_IFNAME) {
            const auto value = attributes.subspan(sizeof(rtattr), head.rta_len - sizeof(rtattr));
            const std::string name(reinterpret_cast<const char*>(value.data()), value.size());
            return name.substr(0, name.find('\0'));
        }
        attributes = attributes.subspan(std::min(padded(head.rta_len), attributes.size()));
    }
    return "";
}

} // namespace

void read_link_messages(std::span<const std::byte> messages,
                        const std::function<void(const LinkMessage&)>& take)
{
    while (messages.size() >= sizeof(nlmsghdr)) {
        const auto head = record_at<nlmsghdr>(messages);
        if (head.nlmsg_len < sizeof(nlmsghdr) || head.nlmsg_len > messages.size())
            return;
        const auto body = messages.subspan(sizeof(nlmsghdr), head.nlmsg_len - sizeof(nlmsghdr));
        if ((head.nlmsg_type == RTM_NEWLINK || head.nlmsg_type == RTM_DELLINK) &&
            body.size() >= sizeof(ifinfomsg)) {
            const auto link = record_at<ifinfomsg>(body);
            take({static_cast<unsigned>(link.ifi_index),
                  name_in(body.subspan(std::min(padded(sizeof(ifinfomsg)), body.size())))});
        }
        messages = messages.subspan(std::min(padded(head.nlmsg_len), messages.size()));
    }
}

Result<std::unique_ptr<Links>> Links::open(Loop& loop, Calls calls, int buffer)
{
    std::unique_ptr<Links> links(new Links(loop, std::move(calls)));
    const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (socket < 0)
        return fail_errno(errno, "cannot ask the kernel about interfaces: socket(AF_NETLINK)");
    links->socket_ = Fd(socket);
    if (buffer != 0 && ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) != 0)
        return fail_errno(errno, "setsockopt(SO_RCVBUF)");
    sockaddr_nl address = {};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK;
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        return fail_errno(errno, "cannot ask the kernel about interfaces: bind(RTMGRP_LINK)");
    INTERDICT_CHECK(loop.watch(socket, EPOLLIN, [own = links.get()](std::uint32_t) { own->take(); }));
    return links;
}

Links::~Links()
{
    if (socket_)
        loop_.unwatch(socket_.get());
}

void Links::take()
{
    bool lost = false;
    bool concerned = false;
    std::array<std::byte, 32768> bytes;
    while (true) {
        sockaddr_nl from = {};
        socklen_t length = sizeof(from);
        const ssize_t count = ::recvfrom(socket_.get(), bytes.data(), bytes.size(), 0,
                                         reinterpret_cast<sockaddr*>(&from), &length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == ENOBUFS) {
            lost = true;
            continue;
        }
        if (count < 0)
            break;
        if (from.nl_pid == 0) // any process may send to a netlink socket
            read_link_messages(std::span(bytes).first(static_cast<std::size_t>(count)),
                               [&](const LinkMessage& message) { concerned |= calls_.concerns(message); });
    }
    if (lost)
        calls_.lost();
    else if (concerned)
        calls_.changed();
}

} // namespace interdict::daemon
