// SPDX-License-Identifier: Apache-2.0
#include "unit/inspect/reading.h"

#include <optional>
#include <random>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace interdict::inspect;
using interdict::harness::client_hello;
using interdict::harness::Place;
using interdict::harness::records_of;

namespace {

constexpr std::size_t kMax = INTERDICT_STREAM_MAX;

// A flow as the kernel keeps it beside the simplest thing that should be the same.
class Stream {
public:
    explicit Stream(bool overwrite = false) : overwrite_(overwrite) {}

    // Returns whether bytes that were there differ from the piece's.
    bool lay(std::size_t offset, const Bytes& piece)
    {
        bool differs = false;
        for (std::size_t i = 0; i < piece.size(); ++i) {
            auto& byte = model_[offset + i];
            differs |= byte && *byte != piece[i];
            if (!byte || overwrite_)
                byte = piece[i];
        }
        const auto bytes = kept(piece);
        const bool said = inspect_lay(flow_.get(), bytes.get(), static_cast<std::uint32_t>(offset),
                                      static_cast<std::uint32_t>(piece.size()), overwrite_) != 0;
        CAPTURE(offset, piece.size());
        REQUIRE(said == differs);
        check();
        return said;
    }

    [[nodiscard]] const interdict_flow& flow() const { return *flow_; }

private:
    void check() const
    {
        std::size_t ready = 0, end = 0, wrong = 0;
        while (ready < kMax && model_[ready])
            ++ready;
        for (std::size_t i = 0; i < kMax; ++i) {
            const bool there = (flow_->map[i / 64] >> (i % 64) & 1) != 0;
            if (model_[i])
                end = i + 1;
            wrong += there != model_[i].has_value();
            wrong += model_[i] && flow_->bytes.data[i] != *model_[i];
        }
        REQUIRE(wrong == 0);
        REQUIRE(flow_->ready == ready);
        REQUIRE(flow_->end == end);
    }

    std::unique_ptr<interdict_flow> flow_ = std::make_unique<interdict_flow>();
    std::vector<std::optional<std::uint8_t>> model_ = std::vector<std::optional<std::uint8_t>>(kMax);
    bool overwrite_;
};

Bytes slice(const Bytes& bytes, std::size_t from, std::size_t length)
{
    return {bytes.begin() + static_cast<std::ptrdiff_t>(from),
            bytes.begin() + static_cast<std::ptrdiff_t>(from + length)};
}

Bytes random_bytes(std::mt19937& random, std::size_t length)
{
    Bytes out(length);
    for (auto& byte : out)
        byte = static_cast<std::uint8_t>(random());
    return out;
}

} // namespace

TEST_CASE("stream: one piece after another, at every offset around a word of the map")
{
    for (std::size_t length = 1; length <= 130; ++length) {
        Stream stream;
        CHECK_FALSE(stream.lay(0, Bytes(length, 1)));
        CHECK_FALSE(stream.lay(length, Bytes(1, 2)));
        CHECK_FALSE(stream.lay(length + 1, Bytes(200, 3)));
        CHECK(stream.flow().ready == length + 201);
    }
}

TEST_CASE("stream: a gap of one byte holds `ready` back until it is closed")
{
    for (std::size_t gap = 0; gap < 140; ++gap) {
        Stream stream;
        stream.lay(gap + 1, Bytes(300, 1));
        CHECK(stream.flow().ready == 0);
        if (gap > 0)
            stream.lay(0, Bytes(gap, 1));
        CHECK(stream.flow().ready == gap);
        stream.lay(gap, Bytes(1, 1));
        CHECK(stream.flow().ready == gap + 301);
    }
}

TEST_CASE("stream: filled to the last byte, in one piece and backwards")
{
    Stream once;
    once.lay(0, Bytes(kMax, 7));
    CHECK(once.flow().ready == kMax);

    Stream backwards;
    for (std::size_t at = kMax; at > 0; at -= 32)
        backwards.lay(at - 32, Bytes(32, 7));
    CHECK(backwards.flow().ready == kMax);
    CHECK(backwards.flow().end == kMax);

    Stream last;
    last.lay(kMax - 1, Bytes(1, 7));
    CHECK(last.flow().ready == 0);
    CHECK(last.flow().end == kMax);
}

TEST_CASE("stream: the same bytes again do not differ")
{
    Stream stream;
    const Bytes piece{1, 2, 3, 4, 5, 6, 7, 8};
    stream.lay(10, piece);
    CHECK_FALSE(stream.lay(10, piece));
    CHECK_FALSE(stream.lay(12, slice(piece, 2, 3)));
    CHECK_FALSE(stream.lay(8, {9, 9, 1, 2}));
    CHECK_FALSE(stream.lay(16, {7, 8, 9, 9}));
}

TEST_CASE("stream: one byte that differs is noticed, first and last")
{
    const Bytes piece{1, 2, 3, 4};
    Stream stays;
    stays.lay(62, piece);
    CHECK(stays.lay(62, {9, 2, 3, 4}));
    CHECK(stays.lay(62, {1, 2, 3, 9}));
    CHECK(stays.flow().bytes.data[62] == 1);
    CHECK(stays.flow().bytes.data[65] == 4);

    Stream replaced(true);
    replaced.lay(62, piece);
    CHECK(replaced.lay(62, {9, 2, 3, 4}));
    CHECK(replaced.flow().bytes.data[62] == 9);
    CHECK_FALSE(replaced.lay(62, {9, 2, 3, 4}));
}

TEST_CASE("stream: random pieces, overlaps and contradictions against the model")
{
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 60; ++round) {
        Stream stream(round % 2 != 0);
        const Bytes truth = random_bytes(random, kMax);
        const std::size_t longest = std::size_t{1} << random() % 13;
        for (int piece = 0; piece < 60; ++piece) {
            const std::size_t offset = random() % kMax;
            const std::size_t length = 1 + random() % std::min(longest, kMax - offset);
            const bool lies = random() % 5 == 0;
            stream.lay(offset, lies ? random_bytes(random, length) : slice(truth, offset, length));
        }
    }
}

TEST_CASE("stream: a hello cut anywhere, in any order and with repetitions gives its name and nothing else")
{
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::string name = "www.blocked.example";
    const auto packet = std::make_unique<struct packet>();
    for (int round = 0; round < 150; ++round) {
        const auto place = static_cast<Place>(round % 3);
        const interdict::harness::Hello hello{.names = {name}, .place = place, .key_share = 700};
        const Bytes whole = round % 4 != 0
                                ? client_hello(hello)
                                : records_of(interdict::harness::handshake(hello), 1 + random() % 300);
        if (whole.size() > kMax)
            continue;
        std::vector<std::pair<std::size_t, std::size_t>> pieces;
        for (std::size_t at = 0; at < whole.size();) {
            const std::size_t length = 1 + random() % std::min<std::size_t>(whole.size() - at, 400);
            pieces.emplace_back(at, length);
            // Some overlap with what comes before them.
            if (random() % 3 == 0 && at > 20)
                pieces.emplace_back(at - random() % 20, length);
            at += length;
        }
        std::shuffle(pieces.begin(), pieces.end(), random);

        Stream stream;
        for (const auto& [at, length] : pieces) {
            stream.lay(at, slice(whole, at, length));
            const auto result = inspect_records(packet.get(), &stream.flow().bytes, stream.flow().ready);
            const Reading read = reading(result, result.deframed ? packet->handshake : stream.flow().bytes);
            CAPTURE(round, stream.flow().ready, whole.size(), read);
            REQUIRE((read.status == INSPECT_MORE || read.name == name));
            if (stream.flow().ready == whole.size())
                REQUIRE(read.name == name);
        }
        REQUIRE(stream.flow().ready == whole.size());
    }
}
