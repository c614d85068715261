// SPDX-License-Identifier: Apache-2.0
//
// What happens to an edge in years: a disk that is full or broken, a clock that is wrong, a file system that
// somebody unmounts, no memory. Each is said, each leaves the last generation filtering, each ends.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "book/book.h"
#include "client.h"
#include "harness/orders.h"
#include "mounts.h"
#include "shim.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kBlocked = "198.51.100.7";

// A daemon's own clock and memory.
class Shim {
public:
    explicit Shim(const Running& daemon) : file_(daemon.folder() / "shim")
    {
        REQUIRE(write_file(file_, std::string(sizeof(shim), '\0')));
        const Fd opened(::open(file_.c_str(), O_RDWR | O_CLOEXEC));
        void* memory = ::mmap(nullptr, sizeof(shim), PROT_READ | PROT_WRITE, MAP_SHARED, opened.get(), 0);
        REQUIRE(memory != MAP_FAILED);
        shim_ = static_cast<volatile shim*>(memory);
    }
    Shim(const Shim&) = delete;
    Shim& operator=(const Shim&) = delete;
    ~Shim() { ::munmap(const_cast<shim*>(shim_), sizeof(shim)); }

    // To be run before the daemon.
    [[nodiscard]] std::vector<std::string> words() const
    {
        return {"env", "LD_PRELOAD=" INTERDICT_BINARY_DIR "/bin/test_daemon_shim.so",
                "INTERDICT_TEST_SHIM=" + file_.string()};
    }
    // The value is the daemon's own; that it was set is the kernel's word.
    void set_clock(std::int64_t seconds) const
    {
        shim_->clock = seconds;
        timespec time = {};
        ::clock_gettime(CLOCK_REALTIME, &time);
        if (::clock_settime(CLOCK_REALTIME, &time) != 0)
            SKIP("the clock may not be set here");
    }
    void refuse_maps(bool refuse) const { shim_->no_maps = refuse ? 1 : 0; }

private:
    std::filesystem::path file_;
    volatile shim* shim_ = nullptr;
};

const std::string kSubscriber = R"(, "interfaces": {"sub0": "subscriber"})";

} // namespace

TEST_CASE("a full disk: steps are refused, the filter and the API go on under a flood, room ends it")
{
    own_mounts();
    Running daemon(kSubscriber);
    const auto state = daemon.folder() / "state";
    REQUIRE(std::filesystem::create_directory(state));
    const Mounted disk("tmpfs", "tmpfs", state, "size=24m");
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", address_order("one", kBlocked)).status == 200);
    const auto frame = lifecycle::frame_to(kBlocked);
    CHECK_FALSE(passes(frame));
    {
        const Fd filler(::open((state / "filler").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        const std::vector<char> block(65536);
        while (::write(filler.get(), block.data(), block.size()) > 0) {
        }
        REQUIRE(errno == ENOSPC);
    }
    REQUIRE(comes_to(
        [&] { return all_faults(daemon).find("less than 4096 KiB are free") != std::string::npos; }));
    CHECK(daemon.get("/v1/health").json()["ok"] == false);

    std::atomic<int> refused = 0;
    std::atomic<int> odd = 0;
    std::vector<std::thread> flood;
    for (int i = 0; i < 4; ++i)
        flood.emplace_back([&, i, door = daemon.door()] {
            for (int j = 0; j < 50; ++j) {
                const auto id = fmt::format("f{}x{}", i, j);
                const auto answer = send(door, "POST", "/v1/orders", order_file(id, {id + ".example"}));
                const bool says_why = answer.json()["error"]["message"].is_string();
                (answer.status >= 400 && answer.status != 404 && says_why ? refused : odd) += 1;
                odd += send(door, "GET", "/v1/status").status == 200 ? 0 : 1;
            }
        });
    for (auto& thread : flood)
        thread.join();
    CHECK(refused > 0);
    CHECK_FALSE(passes(frame));
    CHECK(passes(lifecycle::frame_to("203.0.113.9")));

    REQUIRE(std::filesystem::remove(state / "filler"));
    CHECK(well(daemon));
    CHECK(daemon.post("/v1/orders", address_order("two", "198.51.100.8")).json()["outcome"] == "ok");
    CHECK_FALSE(passes(lifecycle::frame_to("198.51.100.8")));
    CHECK(daemon.get("/v1/audit/verify").json()["ok"] == true);
    // Nothing was half done: what the book has is live.
    CHECK(daemon.post("/v1/apply").json()["unchanged"] == true);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE(
    "a disk that goes read-only: said, the filter goes on, it can be repaired under the daemon, and then "
    "all is as it was")
{
    own_mounts();
    Running daemon(kSubscriber);
    const auto image = (daemon.folder() / "disk").string();
    const auto state = (daemon.folder() / "state").string();
    REQUIRE(std::filesystem::create_directory(state));
    const auto mount = "mount -o loop,errors=remount-ro " + image + " " + state;
    if (lifecycle::shell("truncate -s 32M " + image + " && mkfs.ext4 -q " + image + " && " + mount) != 0)
        SKIP("no ext4 on a loop device here");
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", address_order("one", kBlocked)).status == 200);
    const auto frame = lifecycle::frame_to(kBlocked);
    REQUIRE(lifecycle::shell("echo 1 > /sys/fs/ext4/$(basename $(findmnt -n -o SOURCE " + state +
                             "))/trigger_fs_error") == 0);
    REQUIRE(comes_to([&] { return all_faults(daemon).find("no step can be kept") != std::string::npos; }));
    CHECK_THAT(all_faults(daemon), ContainsSubstring("ead-only"));
    const auto refused = daemon.post("/v1/orders", address_order("two", "198.51.100.8"));
    CHECK(refused.status >= 400);
    CHECK_THAT(refused.json()["error"]["message"].get<std::string>(), ContainsSubstring("keeps filtering"));
    CHECK_FALSE(passes(frame));
    CHECK(passes(lifecycle::frame_to("198.51.100.8")));
    // What the message says is to be done; the daemon lets go of the disk for it.
    REQUIRE(comes_to([&] { return lifecycle::shell("umount " + state) == 0; }));
    REQUIRE(comes_to([&] { return all_faults(daemon).find("book.db: is not there") != std::string::npos; }));
    CHECK_FALSE(std::filesystem::exists(state + "/book.db")); // on the disk below, where nobody looks for it
    CHECK(daemon.post("/v1/orders/one/lift").status >= 400);
    CHECK_FALSE(passes(frame));
    REQUIRE(WEXITSTATUS(lifecycle::shell("e2fsck -fy " + image + " > /dev/null")) <= 1);
    REQUIRE(lifecycle::shell(mount) == 0);
    CHECK(well(daemon));
    std::uint64_t sequence = 0;
    daemon.next_event("book", sequence);
    CHECK_FALSE(passes(frame));
    CHECK(daemon.get("/v1/status").json()["generation"]["number"] == 1);
    CHECK(daemon.post("/v1/apply").json()["unchanged"] == true);
    CHECK(daemon.get("/v1/audit/verify").json()["ok"] == true);
    CHECK(daemon.post("/v1/orders", address_order("two", "198.51.100.8")).json()["outcome"] == "ok");
    CHECK_FALSE(passes(lifecycle::frame_to("198.51.100.8")));
    CHECK(daemon.end(SIGTERM) == 0);
    CHECK(lifecycle::shell("umount " + state) == 0);
}

TEST_CASE("a state directory that goes and comes back: its book is taken again, another one or none is not")
{
    Running daemon(kSubscriber);
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", address_order("one", kBlocked)).status == 200);
    const auto frame = lifecycle::frame_to(kBlocked);
    const auto state = daemon.folder() / "state";
    const auto away = daemon.folder() / "away";
    const auto says = [&](const std::string& what) {
        return comes_to([&] { return all_faults(daemon).find(what) != std::string::npos; });
    };
    std::filesystem::rename(state, away);
    CHECK(says("bring the directory back"));
    std::filesystem::create_directory(state);
    CHECK(says("book.db: is not there"));
    CHECK(daemon.post("/v1/orders/one/lift").status >= 400);
    {
        const auto other = book::Book::open(state / "book.db", book::Access::Write);
        REQUIRE(other);
    }
    CHECK(says("book.db: is another book"));
    CHECK_FALSE(passes(frame));
    // Exchanged in one moment, so that the directory is never seen without a book.
    REQUIRE(::renameat2(AT_FDCWD, away.c_str(), AT_FDCWD, state.c_str(), RENAME_EXCHANGE) == 0);
    CHECK(well(daemon));
    CHECK_FALSE(passes(frame));
    CHECK(daemon.post("/v1/apply").json()["unchanged"] == true);
    // While it is open, too.
    REQUIRE(::renameat2(AT_FDCWD, away.c_str(), AT_FDCWD, state.c_str(), RENAME_EXCHANGE) == 0);
    CHECK(says("book.db: is another book"));
    REQUIRE(::renameat2(AT_FDCWD, away.c_str(), AT_FDCWD, state.c_str(), RENAME_EXCHANGE) == 0);
    CHECK(well(daemon));
    CHECK(daemon.post("/v1/orders/one/lift").json()["outcome"] == "ok");
    CHECK(passes(frame));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE(
    "a clock set forward ends rules at once and writes nothing into the book; set back, they are as before")
{
    Running daemon(kSubscriber);
    const Shim shim(daemon);
    daemon.start(shim.words());
    const auto expires = fmt::format(R"(, "expires": "{}")", format_timestamp(now() + 3600));
    REQUIRE(daemon.post("/v1/orders", address_order("one", kBlocked, expires)).status == 200);
    const auto frame = lifecycle::frame_to(kBlocked);
    CHECK_FALSE(passes(frame));
    std::uint64_t sequence = 0;
    shim.set_clock(7200);
    static_cast<void>(daemon.next_event("clock", sequence));
    CHECK(passes(frame));
    CHECK(daemon.get("/v1/orders/one").json()["status"] == "active");
    shim.set_clock(-86400);
    static_cast<void>(daemon.next_event("clock", sequence));
    CHECK_FALSE(passes(frame));
    shim.set_clock(0);
    static_cast<void>(daemon.next_event("clock", sequence));
    CHECK_FALSE(passes(frame));
    CHECK(daemon.get("/v1/orders/one").json()["status"] == "active");
    CHECK(all_faults(daemon) == "");
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE(
    "the BPF file system unmounted under the daemon: it filters on, and pins all again when there is one")
{
    const OwnBpffs bpffs;
    Running daemon(kSubscriber);
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", address_order("one", kBlocked)).status == 200);
    const auto frame = lifecycle::frame_to(kBlocked);
    CHECK_FALSE(passes(frame));
    bpffs.unmount();
    REQUIRE(comes_to([&] { return all_faults(daemon).find("the pins are not in") != std::string::npos; }));
    CHECK_FALSE(passes(frame));
    bpffs.mount();
    CHECK(well(daemon));
    CHECK_FALSE(passes(frame));
    CHECK(daemon.post("/v1/orders", address_order("two", "198.51.100.8")).json()["outcome"] == "ok");
    CHECK(daemon.end(SIGKILL) != 0);
    CHECK_FALSE(passes(frame));
    daemon.start(); // adopts what was pinned again
    CHECK(well(daemon));
    CHECK_FALSE(passes(lifecycle::frame_to("198.51.100.8")));
    const auto top = daemon.get("/v1/top").json();
    REQUIRE(top["rules"].size() == 2);
    CHECK(top["rules"][0]["packets"] == 4); // all that were sent to the first address
    CHECK(daemon.post("/v1/orders/one/lift").json()["outcome"] == "ok");
    CHECK(passes(frame));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("no memory for maps at the start: the daemon says so, takes orders, and filters when there is some")
{
    Running daemon(kSubscriber);
    const Shim shim(daemon);
    shim.refuse_maps(true);
    daemon.start(shim.words());
    CHECK_THAT(all_faults(daemon), ContainsSubstring("no plane is up: cannot create the BPF map control"));
    CHECK_THAT(all_faults(daemon), ContainsSubstring("Cannot allocate memory"));
    CHECK(daemon.post("/v1/orders", address_order("one", kBlocked)).status == 200);
    const auto frame = lifecycle::frame_to(kBlocked);
    CHECK(passes(frame));
    shim.refuse_maps(false);
    CHECK(well(daemon));
    std::uint64_t sequence = 0;
    static_cast<void>(daemon.next_event("plane", sequence));
    static_cast<void>(daemon.next_event("generation", sequence));
    CHECK_FALSE(passes(frame));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE(
    "no memory for maps of a new generation: the last one filters, and the step is live when there is some")
{
    Running daemon(kSubscriber);
    const Shim shim(daemon);
    daemon.start(shim.words());
    const auto other = lifecycle::frame_to("198.51.100.8");
    REQUIRE(daemon.post("/v1/orders", address_order("one", kBlocked)).status == 200);
    REQUIRE(daemon.post("/v1/orders", address_order("two", "198.51.100.8")).status == 200);
    shim.refuse_maps(true);
    // So many need larger tables.
    std::string targets;
    for (int i = 0; i < 2000; ++i)
        targets +=
            fmt::format("{}{}", i == 0 ? "" : ", ", harness::block_name(fmt::format("n{}.example", i)));
    const auto many = R"({"orders": [{"id": "many", "kind": "court-order", "authority": "A court",
        "reference": "1", "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z",
        "targets": [)" +
                      targets + "]}]}";
    const auto refused = daemon.post("/v1/orders", many);
    INFO(refused.body);
    CHECK(refused.status == 500);
    const auto message = refused.json()["error"]["message"].get<std::string>();
    CHECK_THAT(message, ContainsSubstring("it is in the book, but not live"));
    CHECK_THAT(message, ContainsSubstring("Cannot allocate memory"));
    CHECK_THAT(message, ContainsSubstring("keeps filtering"));
    CHECK_FALSE(passes(other));
    CHECK(comes_to([&] { return all_faults(daemon).find("the book is not live") != std::string::npos; }));
    shim.refuse_maps(false);
    CHECK(well(daemon));
    CHECK(daemon.get("/v1/status").json()["generation"]["targets"]["used"] == 2002);
    CHECK_FALSE(passes(other));
    CHECK(daemon.end(SIGTERM) == 0);
}
