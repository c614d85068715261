// SPDX-License-Identifier: Apache-2.0
//
// bed.h: the program itself, with a book and pins of its own, started as a person or a service manager starts
// it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sched.h>
#include <sys/types.h>

#include "base/result.h"
#include "groups.h"
#include "rules.h"

namespace interdict::bench {

using Json = nlohmann::json;

// While it lives, what is started may run on every CPU, as it does for a person.
class EveryCpu {
public:
    EveryCpu();
    EveryCpu(const EveryCpu&) = delete;
    EveryCpu& operator=(const EveryCpu&) = delete;
    ~EveryCpu();

private:
    cpu_set_t before_{};
};

struct Ran {
    double seconds = 0; // from its start to the end of its answer
    double cpu = 0;     // seconds, user and system
    double peak = 0;    // MiB
    Json answer;        // its last line
};

// Everything that the program writes, on a disk, and gone at the end.
class Bed {
public:
    // name: of folder and pins.
    Bed(const Settings& settings, const std::string& name);
    Bed(const Bed&) = delete;
    Bed& operator=(const Bed&) = delete;
    ~Bed();

    // `interdict WORDS…` to its end. Error: another exit code than 0, no JSON.
    [[nodiscard]] Result<Ran> run(std::vector<std::string> words) const;
    // Its path.
    [[nodiscard]] Result<std::string> file(const std::string& name, const std::string& text) const;
    [[nodiscard]] const std::filesystem::path& pins() const { return pins_; }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    [[nodiscard]] const std::filesystem::path& program() const { return program_; }
    void forget_state() const;
    // A plane without interfaces with names 0 to rules - 1 of an order `million`.
    [[nodiscard]] Result<void> make_live(std::uint32_t rules) const;

private:
    std::filesystem::path pins_;
    std::filesystem::path folder_;
    std::filesystem::path program_;
};

// The daemon over a bed, in the network namespace of the thread that starts it.
class Served {
public:
    // interfaces: {"d0": "uplink"}. more: members of the configuration. Returns when it answers.
    [[nodiscard]] static Result<Served> start(const Bed& bed, const Json& interfaces,
                                              const Json& more = Json::object());

    Served(Served&& other) noexcept;
    Served& operator=(Served&&) = delete;
    // Ends it with SIGTERM.
    ~Served();

    // path: behind /v1. Error: no answer, or another status than 200.
    [[nodiscard]] Result<Json> request(const std::string& method, const std::string& path,
                                       const std::string& body = {}) const;
    [[nodiscard]] Result<double> resident() const;    // MiB
    [[nodiscard]] Result<double> cpu_seconds() const; // since its start, user and system

private:
    Served(pid_t pid, std::string socket) : pid_(pid), socket_(std::move(socket)) {}

    pid_t pid_; // 0: moved away
    std::string socket_;
};

// Members of every order.
inline constexpr char kOrderHead[] =
    R"("kind":"court-order","authority":"Bench Court","reference":"1","jurisdiction":"ZZ","issued":"2026-01-01",)"
    R"("effective":"2026-01-02T00:00:00Z")";
// An order file with one order. target: JSON of one target.
[[nodiscard]] std::string order_of_targets(const std::string& id, const std::vector<std::string>& targets);
// The same, of names.
[[nodiscard]] std::string order_file(const std::string& id, Numbers numbers);

} // namespace interdict::bench
