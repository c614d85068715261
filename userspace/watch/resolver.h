// SPDX-License-Identifier: Apache-2.0
//
// resolver.h: the same questions to several resolvers. DNS only: nothing is fetched from the hosts
// themselves.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "order/prefix.h"
#include "watch/message.h"

namespace interdict::watch {

// A recursive resolver.
struct Server {
    order::Prefix address; // full length
    std::uint16_t port = 53;
};

// "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353".
[[nodiscard]] Result<Server> parse_server(std::string_view text);
[[nodiscard]] std::string to_string(const Server& server);

struct Question {
    std::string name;
    Type type = Type::A;
};

struct Reply {
    std::optional<Message> message; // nothing: fault says why
    std::string fault;
};

// How hard the resolvers are asked; each of them.
struct Pace {
    unsigned per_second = 100;
    unsigned concurrent = 64;
    unsigned timeout = 2000; // milliseconds until a question is asked again
    unsigned tries = 2;
};

// Questions in a row without an answer after which a resolver is not asked on.
inline constexpr unsigned kSilence = 32;

// replies[question][server]. Errors are of the library or the machine; that a resolver does not answer is a
// reply. done: questions answered or given up, of all servers. cancelled: asked at least once a second; true
// ends it with an error.
using Replies = std::vector<std::vector<Reply>>;
[[nodiscard]] Result<Replies> ask(std::span<const Server> servers, std::span<const Question> questions,
                                  const Pace& pace, const std::function<void(std::size_t)>& done = {},
                                  const std::function<bool()>& cancelled = {});

} // namespace interdict::watch
