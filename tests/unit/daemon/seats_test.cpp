// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "daemon/api/seats.h"

using interdict::daemon::api::Seats;
using namespace std::chrono_literals;

namespace {

void until(const Seats& seats, Seats::Taken taken)
{
    while (!(seats.taken() == taken))
        std::this_thread::yield();
}

} // namespace

TEST_CASE("seats: one after the other is served by one thread")
{
    Seats seats(8, 1h);
    std::vector<std::thread::id> threads;
    for (int i = 0; i < 20; ++i) {
        seats.enqueue([&] { threads.push_back(std::this_thread::get_id()); });
        until(seats, {.threads = 1, .waiting = 1});
    }
    CHECK(threads == std::vector(20, threads.front()));
    CHECK(threads.front() != std::this_thread::get_id());
}

TEST_CASE("seats: the thread that was busy last is the first to be busy again")
{
    Seats seats(8, 1h);
    std::latch first(1);
    std::latch second(1);
    std::thread::id last;
    seats.enqueue([&] { first.wait(); });
    seats.enqueue([&] {
        second.wait();
        last = std::this_thread::get_id();
    });
    first.count_down();
    until(seats, {.threads = 2, .waiting = 1});
    second.count_down();
    until(seats, {.threads = 2, .waiting = 2});
    std::thread::id next;
    seats.enqueue([&] { next = std::this_thread::get_id(); });
    until(seats, {.threads = 2, .waiting = 2});
    CHECK(next == last);
}

TEST_CASE("seats: who comes when all are taken is turned away by the caller, who comes later is not")
{
    Seats seats(2, 1h);
    std::latch end(1);
    std::atomic<int> served = 0;
    for (int i = 0; i < 2; ++i)
        seats.enqueue([&] {
            end.wait();
            served += !Seats::turning_away();
        });
    CHECK_FALSE(Seats::turning_away());
    bool away = false;
    std::thread::id where;
    seats.enqueue([&] {
        away = Seats::turning_away();
        where = std::this_thread::get_id();
    });
    CHECK(away);
    CHECK(where == std::this_thread::get_id());
    CHECK_FALSE(Seats::turning_away());
    CHECK(seats.taken() == Seats::Taken{.threads = 2, .waiting = 0});
    end.count_down();
    until(seats, {.threads = 2, .waiting = 2});
    CHECK(served == 2);
    seats.enqueue([&] { served += !Seats::turning_away(); });
    until(seats, {.threads = 2, .waiting = 2});
    CHECK(served == 3);
}

TEST_CASE("seats: threads that nobody needs end, and others come when they are needed")
{
    Seats seats(4, 1ms);
    for (int round = 0; round < 3; ++round) {
        std::latch all(4);
        std::atomic<int> served = 0;
        for (int i = 0; i < 4; ++i)
            seats.enqueue([&] {
                all.arrive_and_wait();
                served += !Seats::turning_away();
            });
        until(seats, {.threads = 0, .waiting = 0});
        CHECK(served == 4);
    }
}

TEST_CASE("seats: the end waits for what is being served")
{
    std::atomic<int> served = 0;
    {
        Seats seats(4, 1h);
        std::latch begun(2);
        for (int i = 0; i < 3; ++i)
            seats.enqueue([&, i] {
                if (i != 2)
                    begun.count_down();
                std::this_thread::yield();
                ++served;
            });
        begun.wait();
        seats.shutdown();
        CHECK(served == 3);
        CHECK(seats.taken() == Seats::Taken{});
    }
    Seats never(4);
    never.shutdown();
    CHECK(never.taken() == Seats::Taken{});
}
