// SPDX-License-Identifier: Apache-2.0
//
// A writer takes small steps and reports each over a pipe after the call has returned. It is killed at a
// random instant. Then every reported step has to be there, whole, and nothing else but perhaps the one step
// that was not reported any more.
#include <map>
#include <random>
#include <string>
#include <vector>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/book/fixture.h"

using namespace interdict;
using namespace interdict::book;
using namespace interdict::testing;

namespace {

constexpr int kTargets = 5; // of every order

// One report: what the journal's last line was after a step.
struct Report {
    std::int64_t sequence;
    std::int64_t order; // the number in its id
    std::int64_t kind;
};

enum Kind : std::int64_t { Add, AddItem, LiftItem, Stay, Vary, Proven, Kinds };

std::string id_of(std::int64_t order) { return fmt::format("o-{}", order); }

Incoming order_of(std::int64_t order, const char* prefix)
{
    Incoming in = incoming(id_of(order), {});
    for (int i = 0; i < kTargets; ++i)
        in.order.targets.push_back(name(fmt::format("{}{}.o{}.example", prefix, i, order)));
    in.order.comply_within = 60;
    return in;
}

// Takes steps until it is killed; the exit code names what went wrong instead.
[[noreturn]] void write_steps(const std::filesystem::path& file, std::int64_t first, int pipe)
{
    auto opened = Book::open(file, Access::Write);
    if (!opened)
        ::_exit(10);
    Book& book = *opened;
    for (std::int64_t order = first;; ++order) {
        const std::string id = id_of(order);
        const std::string extra = fmt::format("extra.o{}.example", order);
        for (std::int64_t kind = Add; kind < Kinds; ++kind) {
            Result<void> done;
            switch (kind) {
            case Add:
                done = book.orders().add(order_of(order, "n"), "cli", act());
                break;
            case AddItem:
                done = book.orders().add_item(id, name(extra), "", "", act());
                break;
            case LiftItem:
                done = book.orders().lift_item(id, name(extra).target, act());
                break;
            case Stay:
                done = book.orders().step(id, order::Status::Stayed, act());
                break;
            case Vary:
                done = book.orders().vary(order_of(order, "v"), act());
                break;
            case Proven:
                done = book.facts().note(Fact::Published, 1, "", INT64_MAX, act());
                break;
            default:
                break;
            }
            const auto last = done ? book.journal().last() : Result<std::int64_t>(fail("step"));
            if (!last)
                ::_exit(11);
            const Report report{*last, order, kind};
            if (::write(pipe, &report, sizeof report) != static_cast<ssize_t>(sizeof report))
                ::_exit(12);
        }
    }
}

// Every order stands exactly where its number of journal lines says.
void check_whole(const Book& book, const OrderRecord& record)
{
    const std::string& id = record.order.id;
    INFO(id);
    const auto items = must(book.orders().items(id));
    const auto history = must(book.journal().history(id));
    std::map<ItemState, std::size_t> states;
    for (const ItemRecord& item : items)
        ++states[item.state];
    const std::size_t steps = history.size();
    REQUIRE(steps >= 1);
    REQUIRE(steps <= 5);
    CHECK(must(book.facts().deliveries(id)).size() == steps);
    CHECK(items.size() == kTargets + (steps >= 2 ? 1u : 0u) + (steps >= 5 ? kTargets : 0u));
    CHECK(states[ItemState::Lifted] == (steps >= 3 ? 1u : 0u) + (steps >= 5 ? kTargets : 0u));
    CHECK(record.order.targets.size() == kTargets + (steps == 2 ? 1u : 0u));
    CHECK(record.order.status == (steps >= 4 ? order::Status::Stayed : order::Status::Active));
}

// Kills a writer so many times.
void kill_over_and_over(const BookDirectory& directory, int kills)
{
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::int64_t next = 0;
    std::size_t reports = 0;
    std::size_t unreported = 0;
    for (int kill = 0; kill < kills; ++kill) {
        INFO("kill " << kill);
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::close(ends[0]);
            write_steps(directory.file(), next, ends[1]);
        }
        ::close(ends[1]);
        // After some reports, then anywhere within the next step; sometimes while it still opens the book.
        Report last{0, -1, 0};
        Report report{};
        const auto wanted = static_cast<int>(random() % 9);
        for (int got = 0; got < wanted && ::read(ends[0], &report, sizeof report) == sizeof report; ++got) {
            last = report;
            ++reports;
        }
        const auto spins = random() % 20000;
        for (unsigned volatile spin = 0; spin < spins;)
            spin = spin + 1;
        REQUIRE(::kill(child, SIGKILL) == 0);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status)); // else it ended by itself: 10 open, 11 a step, 12 the pipe
        while (::read(ends[0], &report, sizeof report) == sizeof report) {
            last = report;
            ++reports;
        }
        ::close(ends[0]);

        if (last.order < 0 && !std::filesystem::exists(directory.file()))
            continue; // it did not come that far
        const Book book = directory.open();
        const Verified verified = must(book.journal().verify());
        if (verified.fault)
            FAIL(verified.fault->what);
        CHECK(verified.lines >= last.sequence);
        CHECK(verified.lines <= (last.sequence == 0 ? verified.lines : last.sequence + 1));
        unreported += last.sequence != 0 && verified.lines == last.sequence + 1;
        const auto newest = must(book.orders().find(id_of(last.order)));
        if (last.order >= 0)
            REQUIRE(newest.has_value());
        const auto records = must(book.orders().all(true));
        // Only what this writer touched can have changed.
        for (std::size_t i = static_cast<std::size_t>(next); i < records.size(); ++i)
            check_whole(book, records[i]);
        next = static_cast<std::int64_t>(records.size());
    }
    const Book book = directory.open();
    for (const OrderRecord& record : must(book.orders().all(true)))
        check_whole(book, record);
    must(book.check());
    WARN(kills << " kills, " << reports << " reported steps, " << next << " orders, " << unreported
               << " times one step more than was reported");
    CHECK(reports > 2u * static_cast<unsigned>(kills));
}

} // namespace

// On a disk most kills meet the writer while it waits for the disk, in memory anywhere else.
TEST_CASE("a writer that is killed at any instant loses no step that it reported, and leaves no half one")
{
    SECTION("on disk") { kill_over_and_over(BookDirectory(), 80); }
    SECTION("in memory")
    {
        if (!std::filesystem::is_directory("/dev/shm"))
            SKIP("there is no /dev/shm");
        kill_over_and_over(BookDirectory("/dev/shm"), 200);
    }
}
