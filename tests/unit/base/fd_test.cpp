// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"

#include <type_traits>

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>

using interdict::Fd;

namespace {

int open_null()
{
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    return fd;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

} // namespace

static_assert(!std::is_copy_constructible_v<Fd> && !std::is_copy_assignable_v<Fd>);
static_assert(std::is_nothrow_move_constructible_v<Fd> && std::is_nothrow_move_assignable_v<Fd>);

TEST_CASE("an Fd closes its descriptor at the end of its life")
{
    const int raw = open_null();
    {
        const Fd fd(raw);
        CHECK(fd.get() == raw);
        CHECK(is_open(raw));
    }
    CHECK(!is_open(raw));
}

TEST_CASE("a default-constructed Fd is empty") { CHECK(!Fd()); }

TEST_CASE("moving hands the descriptor over and empties the source")
{
    const int raw = open_null();
    Fd first(raw);
    Fd second(std::move(first));
    CHECK(!first);
    CHECK(second.get() == raw);
    CHECK(is_open(raw));
}

TEST_CASE("assigning closes what was held before")
{
    const int kept = open_null();
    const int lost = open_null();
    Fd target(lost);
    target = Fd(kept);
    CHECK(!is_open(lost));
    CHECK(target.get() == kept);
}

TEST_CASE("assigning an Fd to itself keeps it open")
{
    const int raw = open_null();
    Fd fd(raw);
    Fd& alias = fd;
    fd = std::move(alias);
    CHECK(fd.get() == raw);
    CHECK(is_open(raw));
}

TEST_CASE("release gives the descriptor away open")
{
    const int raw = open_null();
    Fd fd(raw);
    CHECK(fd.release() == raw);
    CHECK(!fd);
    CHECK(is_open(raw));
    ::close(raw);
}
