// SPDX-License-Identifier: Apache-2.0
//
// client.h: a daemon of the test's own, and requests to it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/types.h>

#include "plane/lifecycle.h"

namespace interdict::test {

using Json = nlohmann::ordered_json;

struct Response {
    long status = 0; // 0: no answer
    std::string body;

    [[nodiscard]] Json json() const { return Json::parse(body, nullptr, false); }
};

// Where a request goes, and as whom.
struct Door {
    std::string socket; // path; empty: by address
    std::string base = "http://localhost";
    std::string ca{};    // PEM
    std::string token{}; // empty = none
    std::vector<std::string> headers{};
};

[[nodiscard]] Response send(const Door& door, const std::string& method, const std::string& path,
                            const std::string& body = {});

// Sends these bytes as they are and reads until the peer ends.
[[nodiscard]] std::string talk(const std::string& socket, const std::string& bytes);

// A folder, a network namespace with sub0 and sub1, a pin set: all end with the test, the daemon before them.
class Running {
public:
    // config: more members of the configuration, each with a comma in front.
    explicit Running(const std::string& config = {});
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();

    // Waits until it answers. before: a program that runs it, with its arguments.
    void start(const std::vector<std::string>& before = {});
    // The same, without waiting.
    void spawn(const std::vector<std::string>& before = {});
    // 0 = it ended by itself before. Returns what waitpid() says.
    int end(int signal);
    // api: more members of "api", which take the place of ours.
    void write_config(const std::string& more, const std::string& api = R"(, "rate": 1000000)");

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::filesystem::path folder() const { return folder_; }
    [[nodiscard]] std::filesystem::path config() const { return folder_ / "interdict.json"; }
    [[nodiscard]] std::filesystem::path pins() const { return pins_.path(); }
    [[nodiscard]] Door door() const { return {.socket = folder_ / "sock"}; }

    [[nodiscard]] Response get(const std::string& path) const { return send(door(), "GET", path); }
    [[nodiscard]] Response post(const std::string& path, const std::string& body = {}) const
    {
        return send(door(), "POST", path, body);
    }
    // As somebody whose name is not root's.
    [[nodiscard]] Response post_as(const std::string& actor, const std::string& path,
                                   const std::string& body = {}) const;

    // The first event of this kind after `sequence`, which moves on to it.
    Json next_event(const std::string& kind, std::uint64_t& sequence) const;

    [[nodiscard]] std::string log() const;

private:
    std::filesystem::path folder_;
    lifecycle::Namespace space_;
    lifecycle::PinSet pins_;
    pid_t pid_ = 0;
};

// Whether this frame, sent by the subscriber, gets past the filter on sub0.
[[nodiscard]] bool passes(const std::vector<std::uint8_t>& frame);

// The legal basis of a list, order "list".
inline constexpr char kListBasis[] =
    R"({"id": "list", "kind": "administrative-order", "authority": "An office", "reference": "1",
    "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z", "item_expires": "P1D"})";

// What status says is degraded, a line each.
[[nodiscard]] std::string all_faults(const Running& daemon);

// Waits for it; false: it never was. Status is a snapshot, at most a second old.
[[nodiscard]] bool comes_to(const std::function<bool()>& is);
// Until nothing is degraded.
[[nodiscard]] bool well(const Running& daemon);

// An order file with one order of one address. more: members of the order, with a comma in front.
[[nodiscard]] std::string address_order(const std::string& id, const std::string& address,
                                        const std::string& more = {});

// An order file with one order of these targets.
[[nodiscard]] std::string order_file(const std::string& id, std::initializer_list<std::string> names,
                                     const std::string& more = {});

} // namespace interdict::test
