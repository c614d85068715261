// SPDX-License-Identifier: Apache-2.0
//
// The daemon as systemd runs it: another user, three capabilities, nothing else.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>

#include "base/file.h"
#include "client.h"
#include "daemon/notify.h"
#include "daemon/tokens.h"
#include "harness/orders.h"
#include "mounts.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kBlocked = "198.51.100.7";
constexpr uid_t kUser = 4711; // nobody's

const std::string kOrder = R"({"orders": [{"id": "one", "kind": "court-order", "authority": "A court",
    "reference": "1", "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z",
    "targets": [{"prefix": "198.51.100.7/32", "expires": "2099-01-01T00:00:00Z"}]}]})";

// As the user, with these capabilities ("+bpf,+net_admin") and no way to more.
std::vector<std::string> as_user(const std::string& capabilities)
{
    const std::string set = "-all" + (capabilities.empty() ? "" : "," + capabilities);
    const auto user = std::to_string(kUser);
    return {"setpriv", "--reuid",        user, "--regid",        user, "--clear-groups", "--inh-caps",
            set,       "--ambient-caps", set,  "--bounding-set", set,  "--no-new-privs"};
}

// systemd's end of NOTIFY_SOCKET.
// Reads all the time, as systemd does: what does not fit into the socket is lost.
class NotifySocket {
public:
    explicit NotifySocket(std::filesystem::path path)
        : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        std::ranges::copy(path_.native(), address.sun_path);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
        reader_ = std::jthread([this] { read(); });
    }
    ~NotifySocket() { ::shutdown(socket_.get(), SHUT_RD); }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    [[nodiscard]] std::string path() const { return path_; }

    // "nothing" if nothing comes in that time.
    [[nodiscard]] std::string next(int microseconds = 20'000'000)
    {
        std::unique_lock lock(mutex_);
        if (!came_.wait_for(lock, std::chrono::microseconds(microseconds), [&] { return !told_.empty(); }))
            return "nothing";
        auto text = std::move(told_.front());
        told_.pop_front();
        return text;
    }

    // What begins like this comes, whatever comes before it.
    [[nodiscard]] bool tells(std::string_view what)
    {
        for (int i = 0; i < kMessagesMax; ++i)
            if (const auto text = next(); text.starts_with(what) || text == "nothing")
                return text.starts_with(what);
        return false;
    }

private:
    static constexpr int kMessagesMax = 20'000;

    void read()
    {
        std::array<char, 512> text;
        for (;;) {
            const auto count = ::recv(socket_.get(), text.data(), text.size(), 0);
            if (count <= 0)
                return;
            const std::lock_guard lock(mutex_);
            told_.emplace_back(text.data(), static_cast<std::size_t>(count));
            came_.notify_all();
        }
    }

    std::filesystem::path path_;
    Fd socket_;
    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<std::string> told_;
    std::jthread reader_;
};

void give(const Running& daemon)
{
    REQUIRE(::chown(daemon.folder().c_str(), kUser, kUser) == 0);
    REQUIRE(::chown(daemon.config().c_str(), kUser, kUser) == 0);
}

} // namespace

TEST_CASE("another user with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON does it all: up, order, block, lift, "
          "adopt, down")
{
    const OwnBpffs bpffs;
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    give(daemon);
    const auto run = as_user("+bpf,+net_admin,+perfmon");
    daemon.start(run);
    const auto status = read_file(fmt::format("/proc/{}/status", daemon.pid())).value();
    CHECK_THAT(status, ContainsSubstring(fmt::format("Uid:\t{0}\t{0}", kUser)));
    CHECK_THAT(status, ContainsSubstring("CapEff:\t000000c000001000"));
    CHECK_THAT(status, ContainsSubstring("CapBnd:\t000000c000001000"));
    CHECK(all_faults(daemon) == "");
    const auto added = daemon.post("/v1/orders", kOrder).json();
    CHECK(added["outcome"] == "ok");
    CHECK(added["proven_live"] == true);
    const auto frame = lifecycle::frame_to(kBlocked);
    CHECK_FALSE(passes(frame));
    CHECK(daemon.get("/v1/top").json()["rules"][0]["packets"] == 1);
    CHECK(daemon.post("/v1/orders", order_file("two", {"a.example"})).json()["outcome"] == "ok");
    CHECK(daemon.end(SIGKILL) != 0);
    CHECK_FALSE(passes(frame));
    daemon.start(run);
    CHECK(all_faults(daemon) == "");
    CHECK(daemon.get("/v1/top").json()["rules"][0]["packets"] == 2);
    CHECK(daemon.post("/v1/orders/one/lift").json()["outcome"] == "ok");
    CHECK(passes(frame));
    CHECK(daemon.post("/v1/apply").status == 200);
    CHECK(daemon.post("/v1/interfaces", R"({"remove": ["sub0"]})").status == 200);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("without one of the capabilities the daemon answers and says which one is missing, and for what")
{
    const OwnBpffs bpffs;
    const std::vector<std::array<std::string, 3>> cases = {
        {"+net_admin,+perfmon", "this process has not CAP_BPF, which it needs to load programs",
         "; missing: CAP_BPF"},
        {"+bpf,+perfmon", "this process has not CAP_NET_ADMIN, which it needs to put programs on interfaces",
         "; missing: CAP_NET_ADMIN"},
        {"+bpf,+net_admin",
         "this process has not CAP_PERFMON, which it needs for programs that compute with pointers",
         "pointer arithmetic"},
    };
    for (const auto& [capabilities, fault, refusal] : cases) {
        INFO(capabilities);
        Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
        give(daemon);
        daemon.start(as_user(capabilities));
        const auto faults = all_faults(daemon);
        CHECK_THAT(faults, ContainsSubstring(fault));
        CHECK_THAT(faults, ContainsSubstring("no plane is up: "));
        CHECK_THAT(faults, ContainsSubstring(refusal));
        CHECK(daemon.get("/v1/health").json()["ok"] == false);
        CHECK(daemon.end(SIGTERM) == 0);
        // What was refused left nothing behind; the next one, with all of them, is well.
        daemon.start(as_user("+bpf,+net_admin,+perfmon"));
        CHECK(all_faults(daemon) == "");
        CHECK(daemon.end(SIGTERM) == 0);
    }
}

TEST_CASE("tokens are in no log, no state, no environment and no argument of the process")
{
    Running daemon;
    daemon::Tokens tokens;
    const auto token = tokens.add("legal", daemon::Role::Approve, 1).value();
    REQUIRE(tokens.save(daemon.folder() / "tokens.json"));
    if (lifecycle::shell(
            fmt::format("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
                        "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout {0}/key.pem "
                        "-out {0}/cert.pem",
                        daemon.folder().string())) != 0)
        SKIP("openssl cannot make a certificate");
    daemon.write_config("", R"(, "tcp": {"listen": "127.0.0.1:8443",
        "certificate": "cert.pem", "key": "key.pem", "tokens": "tokens.json"})");
    daemon.start();
    const Door door{
        .socket = {}, .base = "https://localhost:8443", .ca = daemon.folder() / "cert.pem", .token = token};
    CHECK(send(door, "POST", "/v1/orders", order_file("one", {"a.example"})).status == 200);
    CHECK(send(door, "POST", "/v1/orders", "{").status >= 400);
    CHECK(send(door, "GET", "/v1/nothing").status == 404);
    CHECK(daemon.post("/v1/reload").status == 200);
    const auto key = read_file(daemon.folder() / "key.pem").value().substr(30, 40);
    const auto tell = [&](const std::string& where, const std::string& text) {
        INFO(where);
        CHECK_FALSE(text.empty());
        CHECK(text.find(token) == std::string::npos);
        CHECK(text.find(token.substr(token.size() / 2)) == std::string::npos);
        CHECK(text.find(key) == std::string::npos);
    };
    tell("log", daemon.log());
    tell("arguments", read_file(fmt::format("/proc/{}/cmdline", daemon.pid())).value());
    tell("status", daemon.get("/v1/status").body);
    tell("events", daemon.get("/v1/events?after=0&follow=false").body);
    tell("journal", daemon.get("/v1/audit").body);
    tell("hashes", read_file(daemon.folder() / "tokens.json").value());
    CHECK(daemon.end(SIGTERM) == 0);
    for (const auto& file : std::filesystem::recursive_directory_iterator(daemon.folder() / "state"))
        if (file.is_regular_file() && file.file_size() != 0)
            tell(file.path(), read_file(file.path()).value());
}

TEST_CASE("systemd is told when it is ready, reloads, lives and ends")
{
    Running daemon;
    NotifySocket systemd(daemon.folder() / "notify");
    const auto next = [&] { return systemd.next(); };
    daemon.start({"env", "NOTIFY_SOCKET=" + systemd.path(), "WATCHDOG_USEC=400000"});
    CHECK(next() == "READY=1");
    for (int i = 0; i < 3; ++i)
        CHECK(next() == "WATCHDOG=1");
    REQUIRE(::kill(daemon.pid(), SIGHUP) == 0);
    auto told = next();
    while (told == "WATCHDOG=1")
        told = next();
    CHECK(told == "RELOADING=1");
    CHECK(next() == "READY=1\nSTATUS=filtering");
    REQUIRE(::kill(daemon.pid(), SIGTERM) == 0);
    for (told = next(); told == "WATCHDOG=1";)
        told = next();
    CHECK(told == "STOPPING=1");
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("systemd is told how far a long step is, and nothing by a daemon that hangs")
{
    Running daemon;
    NotifySocket systemd(daemon.folder() / "notify");
    daemon.start({"env", "NOTIFY_SOCKET=" + systemd.path(), "WATCHDOG_USEC=4000"});
    std::string order = address_order("one", kBlocked);
    std::string targets;
    for (int i = 0; i < 3000; ++i)
        targets += ", " + harness::block_name(fmt::format("n{}.example", i));
    order.insert(order.rfind(']', order.rfind(']') - 1), targets);
    std::thread asks([&] { CHECK(daemon.post("/v1/orders", order).status == 200); });
    // Inside the step, from its beginning to its end.
    CHECK(systemd.tells("WATCHDOG=1\nSTATUS=compiling rules: "));
    CHECK(systemd.tells("WATCHDOG=1\nSTATUS=proving rules: "));
    CHECK(systemd.tells("WATCHDOG=1\nSTATUS=proving rules: "));
    asks.join();
    CHECK(systemd.tells("WATCHDOG=1\nSTATUS=filtering"));

    // Its loop waits for somebody to write a configuration.
    const auto text = read_file(daemon.config()).value();
    REQUIRE(std::filesystem::remove(daemon.config()));
    REQUIRE(::mkfifo(daemon.config().c_str(), 0600) == 0);
    REQUIRE(::kill(daemon.pid(), SIGHUP) == 0);
    CHECK(systemd.tells("RELOADING=1"));
    CHECK(daemon.get("/v1/health").status == 200);
    CHECK(systemd.next(200'000) == "nothing"); // 50 times as long as it should take
    {
        const Fd writer(::open(daemon.config().c_str(), O_WRONLY | O_CLOEXEC));
        REQUIRE(::write(writer.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    CHECK(systemd.tells("READY=1\nSTATUS=filtering"));
    CHECK(systemd.tells("WATCHDOG=1"));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("systemd finds the unit in order and its exposure at most 2.0")
{
    std::string name = (std::filesystem::temp_directory_path() / "interdict-unit-XXXXXX").string();
    const std::filesystem::path folder = ::mkdtemp(name.data());
    auto unit = read_file(INTERDICT_SOURCE_DIR "/tools/systemd/interdictd.service").value();
    const std::string program = "/usr/sbin/interdictd";
    REQUIRE(unit.find(program) != std::string::npos);
    unit.replace(unit.find(program), program.size(), INTERDICT_BINARY_DIR "/interdictd");
    REQUIRE(write_file(folder / "interdictd.service", unit));
    const auto run = [&](const std::string& command) {
        const int code =
            std::system(fmt::format("cd {} && systemd-analyze {} ./interdictd.service > out 2>&1",
                                    folder.string(), command)
                            .c_str());
        return std::pair(WEXITSTATUS(code), read_file(folder / "out").value_or(""));
    };
    const auto [missing, ignored] = run("--version");
    if (missing != 0) {
        std::filesystem::remove_all(folder);
        SKIP("no systemd-analyze here");
    }
    const auto [verified, complaints] = run("verify");
    CHECK(complaints == "");
    CHECK(verified == 0);
    const auto [secure, report] = run("security --offline=true --no-pager --threshold=20");
    INFO(report);
    CHECK(secure == 0);
    CHECK_THAT(report, ContainsSubstring("Overall exposure level"));
    for (const char* line : {"User=interdict", "CapabilityBoundingSet=CAP_BPF CAP_NET_ADMIN CAP_PERFMON\n",
                             "AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON\n", "NoNewPrivileges=yes",
                             "ProtectSystem=strict", "Restart=always", "Type=notify"})
        CHECK_THAT(unit, ContainsSubstring(line));
    std::filesystem::remove_all(folder);
}
