// SPDX-License-Identifier: Apache-2.0
//
// client.h: commands as requests to the daemon, when one answers for the same state directory and pins.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "cli/acting.h"
#include "cli/command.h"
#include "order/order.h"

namespace interdict::cli {

class Client {
public:
    // Nothing if no daemon answers on the socket, it is another's, or --direct was given. One that does not
    // answer this user is told in session.denied.
    // Tell::No: without a word of it, as what is printed is a document.
    enum class Tell { Yes, No };
    [[nodiscard]] static std::optional<Client> of(Session& session, Tell tell = Tell::Yes);

    // For what only a daemon can do. Error: that none answers, or not this user, and what to do.
    [[nodiscard]] static Result<Client> need(Session& session);

    using Query = std::vector<std::pair<std::string, std::string>>;

    // A step, and what became of it, shown as if it had been taken here. path: behind "/v1". Errors: the
    // daemon's, and its end meanwhile. first: shows what is special of an outcome, or of a list that was not
    // taken, and adds what only is known here.
    [[nodiscard]] Result<Exit> take(const std::string& path, Query query, const ActOptions& act,
                                    const std::string& body = {}, const char* method = "POST",
                                    const std::function<void(Json&)>& first = {}) const;

    // Error: what the daemon has to be told in its configuration.
    [[nodiscard]] static Result<void> allow(const EnforceOptions& enforce);

    // Error ECONNRESET: the daemon has ended.
    [[nodiscard]] Result<Json> get(const std::string& path) const;

    // A report, and the journal's last line when it was made.
    struct Document {
        std::string text;
        std::int64_t sequence = 0;
        std::string hash;
    };
    [[nodiscard]] Result<Document> document(const std::string& path) const;
    // What is done at once, or only begun.
    [[nodiscard]] Result<Json> post(const std::string& path) const;

    // Every line that comes, until the daemon ends or `take` returns false.
    [[nodiscard]] Result<void> follow(const std::string& path,
                                      const std::function<bool(const Json&)>& take) const;

private:
    struct Answer {
        long status = 0;
        std::string body;
        std::map<std::string, std::string> headers; // names in lower case
    };

    Client(Session& session, std::string socket) : session_(&session), socket_(std::move(socket)) {}

    [[nodiscard]] Result<Answer> send(const char* method, const std::string& path, const std::string& body,
                                      const std::vector<std::string>& headers,
                                      const std::function<bool(const Json&)>& line = {}) const;
    [[nodiscard]] Exit show(const Json& result) const;

    Session* session_;
    std::string socket_;
};

// "a%20b"
[[nodiscard]] std::string url_part(const std::string& text);

} // namespace interdict::cli
