// SPDX-License-Identifier: Apache-2.0
#include "unit/inspect/reading.h"

#include <optional>
#include <random>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace interdict::inspect;

namespace {

const interdict_name_key& key()
{
    static const interdict_name_key made = [] {
        interdict_name_key out{};
        std::mt19937_64 random(20260101);
        for (auto& start : out.start)
            start = random();
        for (auto& pair : out.byte)
            for (auto& one : pair)
                one = random();
        return out;
    }();
    return made;
}

interdict_lanes sum_of(const std::string& text)
{
    interdict_lanes sum{{key().start[0], key().start[1]}};
    for (std::size_t i = 0; i < text.size(); ++i)
        interdict_hash_name_byte(&key(), &sum, static_cast<std::uint32_t>(i),
                                 static_cast<std::uint8_t>(text[text.size() - 1 - i]));
    return sum;
}

std::optional<name> read_name(const std::string& text, std::size_t offset = 0, bool keep_text = false)
{
    const auto bytes = kept(Bytes(text.begin(), text.end()), offset);
    name out{};
    out.keep_text = keep_text;
    if (inspect_name(bytes.get(), static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(text.size()),
                     &key(), &out) != 0)
        return std::nullopt;
    return out;
}

std::string text_of(const name& read) { return {reinterpret_cast<const char*>(read.text), read.length}; }

// The last `labels` labels of a name.
std::string suffix(const std::string& text, std::size_t labels)
{
    std::size_t at = text.size();
    for (; labels > 0 && at != std::string::npos; --labels)
        at = at == 0 ? std::string::npos : text.rfind('.', at - 1);
    return at == std::string::npos ? text : text.substr(at + 1);
}

// Every suffix has the sum of its text alone; a name of more than 16 labels has the whole as the 17th.
void check_sums(const std::string& written, const std::string& folded)
{
    CAPTURE(written);
    const auto read = read_name(written, 0, true);
    REQUIRE(read);
    const auto labels = static_cast<std::size_t>(std::count(folded.begin(), folded.end(), '.')) + 1;
    REQUIRE(read->labels == labels);
    REQUIRE(read->length == folded.size());
    REQUIRE(text_of(*read) == folded);
    for (std::size_t i = 0; i < std::min<std::size_t>(labels, INTERDICT_LABELS_MAX + 1); ++i) {
        const std::string alone = i == INTERDICT_LABELS_MAX ? folded : suffix(folded, i + 1);
        CAPTURE(i, alone);
        const auto sum = sum_of(alone);
        REQUIRE(read->suffix[i].lane[0] == sum.lane[0]);
        REQUIRE(read->suffix[i].lane[1] == sum.lane[1]);
        const auto hash = interdict_hash_finish(read->suffix[i]);
        REQUIRE(hash.fingerprint == interdict_hash_finish(sum).fingerprint);
    }
}

std::string labels(std::size_t count)
{
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += (i ? "." : "") + std::string(1, static_cast<char>('a' + i % 26)) + std::to_string(i);
    return out;
}

} // namespace

TEST_CASE("name: every suffix has the sum of that suffix alone")
{
    check_sums("example", "example");
    check_sums("www.blocked.example", "www.blocked.example");
    check_sums("a.b.c.d", "a.b.c.d");
    check_sums("xn--bcher-kva.example", "xn--bcher-kva.example");
    check_sums("_dmarc.0.example", "_dmarc.0.example");
    check_sums("-.-", "-.-");
    check_sums("192.0.2.1", "192.0.2.1");
}

TEST_CASE("name: upper case is folded in every position, and nothing else is")
{
    check_sums("WWW.Blocked.EXAMPLE", "www.blocked.example");
    check_sums("ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789_abcdefghijklmnopqrstuvwxyz",
               "abcdefghijklmnopqrstuvwxyz-0123456789_abcdefghijklmnopqrstuvwxyz");
}

TEST_CASE("name: one final dot is ignored, a second one is not")
{
    check_sums("blocked.example.", "blocked.example");
    CHECK_FALSE(read_name("blocked.example.."));
    CHECK_FALSE(read_name("."));
    CHECK_FALSE(read_name(".."));
}

TEST_CASE("name: empty, and empty labels")
{
    CHECK_FALSE(read_name(""));
    CHECK_FALSE(read_name(".example"));
    CHECK_FALSE(read_name("blocked..example"));
    CHECK_FALSE(read_name(".blocked.example"));
    CHECK_FALSE(read_name("..example"));
}

TEST_CASE("name: 253 bytes with and without the final dot, not 254")
{
    using interdict::harness::long_name;
    const std::string longest = long_name(253, "blocked.example");
    REQUIRE(longest.size() == 253);
    check_sums(longest, longest);
    check_sums(longest + ".", longest);
    CHECK_FALSE(read_name(longest + ".."));
    CHECK_FALSE(read_name("a" + longest));
    CHECK_FALSE(read_name(std::string(254, 'a')));
    CHECK_FALSE(read_name(std::string(255, 'a') + "."));
    CHECK_FALSE(read_name(std::string(1000, 'a')));
}

TEST_CASE("name: 15 to 18, 40 and 127 labels: the 16 rightmost suffixes and the whole")
{
    for (const std::size_t count : {15, 16, 17, 18, 40})
        check_sums(labels(count), labels(count));
    std::string most;
    for (int i = 0; i < 126; ++i)
        most += "a.";
    check_sums(most + "b", most + "b");
    check_sums(most + "b.", most + "b");
}

TEST_CASE("name: a byte that no host name has, at the front, in the middle and at the end")
{
    const std::string allowed = "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int value = 0; value < 256; ++value) {
        const char byte = static_cast<char>(value);
        if (allowed.find(byte) != std::string::npos)
            continue;
        CAPTURE(value);
        CHECK_FALSE(read_name(std::string(1, byte)));
        CHECK_FALSE(read_name(byte + std::string("locked.example")));
        CHECK_FALSE(read_name(std::string("blocked") + byte + ".example"));
        CHECK_FALSE(read_name(std::string("blocked.exampl") + byte));
    }
}

TEST_CASE("name: a name that was refused leaves no labels behind")
{
    const std::string bad = "bl cked.example";
    const auto bytes = kept(Bytes(bad.begin(), bad.end()));
    name out{};
    out.length = 9;
    out.labels = 9;
    CHECK(inspect_name(bytes.get(), 0, static_cast<std::uint32_t>(bad.size()), &key(), &out) == -1);
    CHECK(out.length == 0);
    CHECK(out.labels == 0);
}

TEST_CASE("name: the text is kept only when it is asked for")
{
    const auto read = read_name("Blocked.Example");
    REQUIRE(read);
    CHECK(read->text[0] == 0);
}

TEST_CASE("name: at the end of the buffer")
{
    const std::string text = "blocked.example";
    const auto read = read_name(text, INTERDICT_STREAM_MAX - text.size(), true);
    REQUIRE(read);
    CHECK(text_of(*read) == text);
}

TEST_CASE("name: random names of every length")
{
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (std::size_t length = 1; length <= 253; ++length) {
        std::string text;
        while (text.size() < length) {
            const bool dot =
                !text.empty() && text.back() != '.' && text.size() + 1 < length && random() % 6 == 0;
            text += dot ? '.' : static_cast<char>('a' + random() % 26);
        }
        check_sums(text, text);
    }
}
