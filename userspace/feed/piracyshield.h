// SPDX-License-Identifier: Apache-2.0
//
// piracyshield.h: the provider's side of the Piracy Shield API, version 1.
//
// A session logs in when it must, renews its token before it ends, and tries again with growing pauses where
// that can help. What it returns has been checked: a list against its checksum, an answer against its
// envelope. Whether a list may replace the one in force is for policy.h: an empty one is an ordinary answer
// here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "feed/credentials.h"
#include "feed/http.h"
#include "feed/retry.h"

namespace interdict::feed {

enum class Genre : std::uint8_t { Fqdn, Ipv4, Ipv6 };
inline constexpr Genre kGenres[] = {Genre::Fqdn, Genre::Ipv4, Genre::Ipv6};
[[nodiscard]] std::string_view to_string(Genre genre);

struct ShieldSettings {
    std::string url;                // base, https://host/api
    std::int64_t token_life = 3600; // seconds; renewed after nine tenths
    HttpSettings http{};
    Backoff backoff{};
};

// One whole list of a genre.
struct ShieldList {
    std::string text;       // values joined by LF, without a final one; empty: there are none
    std::string checksum;   // the server's, SHA-256, 64 hex digits; empty for an empty list
    bool unchanged = false; // the checksum is the one that was known; text is empty then
};

struct ShieldTicket {
    std::string id;
    std::string status; // creating, created, open, closed, failed
    std::int64_t created = 0;
    std::vector<std::string> values{}; // fqdn, ipv4 and ipv6
};

struct ShieldItem {
    std::string value;
    std::string status; // pending, processed, unprocessed, unblocked
};

// What became of one item here. Only what was proven may be told as processed.
struct Outcome {
    std::string value;
    std::int64_t proven = 0; // when a packet showed that it is blocked; 0: it is not
    std::string note;
    bool already_blocked = false; // unprocessed because another order had it already
};

struct ReportResult {
    std::size_t processed = 0;
    std::size_t unprocessed = 0;
    std::vector<std::string> late;   // the authority takes no report on them any more (5010)
    std::vector<std::string> failed; // "VALUE: reason"
};

class PiracyShield {
public:
    [[nodiscard]] static Result<PiracyShield> make(ShieldSettings settings, Credentials credentials,
                                                   World world);

    [[nodiscard]] Result<void> ping();

    // known: the checksum of the last list that was taken, empty = none. Error: after all attempts the text
    // still does not match the checksum, in any order of its lines.
    [[nodiscard]] Result<ShieldList> list(Genre genre, std::string_view known);

    [[nodiscard]] Result<std::vector<ShieldTicket>> tickets();
    [[nodiscard]] Result<std::vector<ShieldItem>> items(std::string_view ticket);

    // Each on its own: a refusal of one does not stop the others. Error: the server cannot be talked to at
    // all.
    [[nodiscard]] Result<ReportResult> report(std::span<const Outcome> outcomes);

private:
    // The envelope's error, when the server gave one.
    struct Reply {
        std::string data; // JSON of "data", or the body where text is due
        std::string code; // "5011"; empty = success
        std::string message;
    };
    enum class Kind { Json, Text };

    PiracyShield(ShieldSettings settings, Credentials credentials, World world, Http http);

    [[nodiscard]] Result<Reply> call(const char* method, const std::string& path, const std::string& body,
                                     Kind kind);
    [[nodiscard]] Result<HttpAnswer> persist(const HttpRequest& request);
    [[nodiscard]] Result<HttpAnswer> authorised(HttpRequest request);
    [[nodiscard]] Result<void> log_in();
    [[nodiscard]] Result<void> renew();
    [[nodiscard]] Result<std::string> data_of(const char* method, const std::string& path,
                                              const std::string& body);
    [[nodiscard]] Result<std::string> checksum(Genre genre);
    [[nodiscard]] Result<std::string> text(Genre genre);
    // Notes that it is one, and returns it.
    [[nodiscard]] std::string secret(std::string text);
    // What a server says, for a message: it may send back what it was sent.
    [[nodiscard]] std::string quoted(std::string text, std::size_t limit) const;
    void pause(unsigned attempt, std::int64_t least_seconds);

    ShieldSettings settings_;
    Credentials credentials_;
    World world_;
    Http http_;
    std::string access_token_;
    std::string refresh_token_;
    std::vector<std::string> secrets_;
    std::int64_t token_since_ = 0;
};

} // namespace interdict::feed
