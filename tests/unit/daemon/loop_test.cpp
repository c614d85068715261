// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <csignal>
#include <functional>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/loop.h"

using namespace interdict;
using namespace interdict::daemon;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<Loop> a_loop(std::vector<int> signals = {}) { return Loop::make(signals).value(); }

} // namespace

TEST_CASE("jobs of one thread are done in their order, on the loop's thread")
{
    const auto loop = a_loop();
    std::vector<int> order;
    std::thread::id where;
    for (int i = 0; i < 100; ++i)
        loop->post([&, i] { order.push_back(i); });
    loop->post([&] {
        where = std::this_thread::get_id();
        loop->stop();
    });
    std::thread runner([&] { REQUIRE(loop->run()); });
    const auto id = runner.get_id();
    runner.join();
    REQUIRE(order.size() == 100);
    CHECK(std::ranges::is_sorted(order));
    CHECK(where == id);
}

TEST_CASE("a call gives the value of its job")
{
    const auto loop = a_loop();
    std::jthread runner([&] { CHECK(loop->run()); });
    CHECK(loop->call([] { return 42; }) == 42);
    CHECK(loop->call([] { return Result<int>(fail("no")); })->error().message == "no");
    loop->stop();
}

TEST_CASE("whoever waits for a job that is dropped is told, not left waiting")
{
    const auto loop = a_loop();
    std::optional<int> dropped = 1;
    std::jthread waiter;
    loop->post([&] {
        waiter = std::jthread([&] { dropped = loop->call([] { return 2; }); });
        loop->stop();
    });
    CHECK(loop->run());
    waiter.join();
    CHECK_FALSE(dropped.has_value());
    CHECK_FALSE(loop->call([] { return 3; }).has_value()); // after the end, too
}

TEST_CASE("timers fire in the order of their times, whatever order they were made in")
{
    const auto loop = a_loop();
    std::vector<int> fired;
    loop->after(3ms, [&] {
        fired.push_back(3);
        loop->stop();
    });
    loop->after(1ms, [&] { fired.push_back(1); });
    loop->after(2ms, [&] { fired.push_back(2); });
    CHECK(loop->run());
    CHECK(fired == std::vector{1, 2, 3});
}

TEST_CASE("a timer that is cancelled does not fire, not even by another one at the same time")
{
    const auto loop = a_loop();
    bool fired = false;
    TimerId second;
    const auto past = now() - 10;
    loop->at(past, [&] { loop->cancel(second); });
    second = loop->at(past, [&] { fired = true; });
    loop->at(past, [&] { loop->stop(); });
    CHECK(loop->run());
    CHECK_FALSE(fired);
    loop->cancel(second);
}

TEST_CASE("a timer that makes itself again, due at once, keeps nothing else waiting")
{
    const auto loop = a_loop();
    std::function<void()> again = [&] { loop->at(0, again); };
    again();
    loop->post([&] { loop->stop(); });
    CHECK(loop->run());
}

TEST_CASE("a time of the wall clock that is over fires at once, one far ahead does not")
{
    const auto loop = a_loop();
    bool far = false;
    loop->at(now() + 100000, [&] { far = true; });
    loop->at(std::numeric_limits<std::int64_t>::max(), [&] { far = true; });
    loop->at(now() - 10, [&] { loop->stop(); });
    CHECK(loop->run());
    CHECK_FALSE(far);
}

TEST_CASE("a signal is a job of the loop")
{
    const auto loop = a_loop({SIGUSR1});
    int count = 0;
    loop->on_signal(SIGUSR1, [&] {
        ++count;
        loop->stop();
    });
    REQUIRE(::kill(::getpid(), SIGUSR1) == 0);
    CHECK(loop->run());
    CHECK(count == 1);
}

TEST_CASE("a descriptor that is not watched any more is not told of")
{
    const auto loop = a_loop();
    const Fd first(::eventfd(1, EFD_CLOEXEC));
    const Fd second(::eventfd(1, EFD_CLOEXEC));
    int told = 0;
    // Both are ready at once; whichever comes first takes the other away.
    const auto take_away = [&](int other) {
        return [&, other](std::uint32_t) {
            ++told;
            loop->unwatch(other);
            loop->after(1ms, [&] { loop->stop(); });
        };
    };
    REQUIRE(loop->watch(first.get(), EPOLLIN | EPOLLET, take_away(second.get())));
    REQUIRE(loop->watch(second.get(), EPOLLIN | EPOLLET, take_away(first.get())));
    CHECK(loop->run());
    CHECK(told == 1);
}
