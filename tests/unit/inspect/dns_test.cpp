// SPDX-License-Identifier: Apache-2.0
#include "harness/dns.h"
#include "unit/inspect/reading.h"

#include <random>

#include <catch2/catch_test_macros.hpp>

using namespace interdict::inspect;
using interdict::harness::ask;
using interdict::harness::dns_name;
using interdict::harness::dns_option;
using interdict::harness::dns_record;
using interdict::harness::Edns;
using interdict::harness::Query;
namespace dns = interdict::harness::dns;

namespace {

constexpr std::size_t kHeader = 12;

struct Asked {
    inspect_dns_status status = INSPECT_DNS_MORE;
    std::string name{}; // labels joined by dots
    std::uint32_t labels = 0;
    std::uint32_t next = 0; // from the question on

    bool operator==(const Asked&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Asked& asked)
{
    return out << "status " << asked.status << " \"" << asked.name << "\" labels " << asked.labels << " next "
               << asked.next;
}

// The question is wire[0, available), laid at `start`.
Asked read_question(const Bytes& wire, std::size_t available, std::size_t start = 0, std::uint8_t fill = 0xa5)
{
    const auto bytes =
        kept(Bytes(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(available)), start, fill);
    const auto text = std::make_unique<interdict_bytes>();
    const auto at = static_cast<std::uint32_t>(start);
    const auto result = inspect_dns_question(
        bytes.get(), at,
        static_cast<std::uint32_t>(std::min<std::size_t>(start + available, INTERDICT_STREAM_MAX)),
        text.get());
    Asked out{.status = result.status};
    if (result.status != INSPECT_DNS_NAME && result.status != INSPECT_DNS_ROOT)
        return out;
    out.name.assign(reinterpret_cast<const char*>(text->data) + 1, result.length);
    out.labels = result.labels;
    out.next = result.next - at;
    return out;
}

Asked read_question(const Bytes& wire) { return read_question(wire, wire.size()); }

Bytes question(Bytes name)
{
    name.insert(name.end(), {0, 1, 0, 1});
    return name;
}

// The same by RFC 1035 section 3.1, one byte after the other.
Asked expected(const Bytes& wire)
{
    Asked out;
    std::size_t at = 0;
    for (;;) {
        if (at >= wire.size())
            return {};
        const std::size_t length = wire[at];
        if (length > 63 || at + 1 + length > 255)
            return {.status = INSPECT_DNS_BAD};
        ++at;
        if (length == 0)
            break;
        if (at + length > wire.size())
            return {};
        if (out.labels++)
            out.name += '.';
        out.name.append(wire.begin() + static_cast<std::ptrdiff_t>(at),
                        wire.begin() + static_cast<std::ptrdiff_t>(at + length));
        at += length;
    }
    if (at + 4 > wire.size())
        return {};
    out.status = out.labels ? INSPECT_DNS_NAME : INSPECT_DNS_ROOT;
    out.next = static_cast<std::uint32_t>(at + 4);
    return out;
}

std::uint32_t read_edns(const std::vector<Bytes>& records, std::uint32_t count, std::size_t less = 0)
{
    Bytes all;
    for (const auto& record : records)
        all.insert(all.end(), record.begin(), record.end());
    all.resize(all.size() - less);
    return inspect_dns_edns(kept(all, kHeader).get(), kHeader,
                            static_cast<std::uint32_t>(kHeader + all.size()), count);
}

} // namespace

TEST_CASE("dns: a header is a query with questions, or not, or cut short")
{
    const Bytes whole = message(ask("a.example"));
    const auto head = [](Bytes bytes, std::size_t available) {
        return inspect_dns_head(kept(bytes, 100).get(), 100, static_cast<std::uint32_t>(100 + available));
    };
    for (std::size_t available = 0; available < kHeader; ++available)
        CHECK(head(whole, available) == INSPECT_DNS_MORE);
    CHECK(head(whole, kHeader) == INSPECT_DNS_NAME);
    for (unsigned first = 0; first < 256; ++first) {
        Bytes other = whole;
        other[2] = static_cast<std::uint8_t>(first);
        CHECK(head(other, kHeader) == (first < 8 ? INSPECT_DNS_NAME : INSPECT_DNS_NOT));
    }
    for (const std::uint16_t count : {0, 1, 255, 256, 65535}) {
        Query query = ask("a.example");
        query.count = count;
        CHECK(head(message(query), kHeader) == (count ? INSPECT_DNS_NAME : INSPECT_DNS_NOT));
    }
}

TEST_CASE("dns: a name comes out as text, its case kept, and the next question is right behind")
{
    CHECK(read_question(question(dns_name("wWw.Example"))) ==
          Asked{.status = INSPECT_DNS_NAME, .name = "wWw.Example", .labels = 2, .next = 17});
    CHECK(read_question(question(dns_name("a"))) ==
          Asked{.status = INSPECT_DNS_NAME, .name = "a", .labels = 1, .next = 7});
    CHECK(read_question(question(dns_name(""))) == Asked{.status = INSPECT_DNS_ROOT, .next = 5});
}

TEST_CASE("dns: a label of any byte comes out as it is; the count of labels tells a dot in it")
{
    const std::string odd{"a.b\0\xff", 5};
    CHECK(read_question(question(dns_name(std::vector{odd, std::string("example")}))) ==
          Asked{.status = INSPECT_DNS_NAME, .name = odd + ".example", .labels = 2, .next = 19});
}

TEST_CASE("dns: a question cut anywhere needs more, whatever lies behind and wherever it begins")
{
    const Bytes wire = question(dns_name("www.blocked.example"));
    for (const std::size_t start : {0u, 12u, 1000u, 4000u})
        for (const std::uint8_t fill : {0x00, 0x01, 0xff})
            for (std::size_t available = 0; available <= wire.size(); ++available) {
                INFO(available << " bytes at " << start << ", then " << unsigned{fill});
                const auto asked = read_question(wire, available, start, fill);
                CHECK(asked == (available == wire.size() ? expected(wire) : Asked{}));
            }
}

TEST_CASE("dns: a question is read up to the last byte of the buffer and not beyond")
{
    const Bytes wire = question(dns_name("www.blocked.example"));
    const std::size_t last = INTERDICT_STREAM_MAX - wire.size();
    CHECK(read_question(wire, wire.size(), last) == expected(wire));
    for (std::size_t start = last + 1; start <= INTERDICT_STREAM_MAX; ++start)
        CHECK(read_question(wire, wire.size(), start).status == INSPECT_DNS_MORE);
}

TEST_CASE("dns: names of up to 255 bytes and 127 labels are read, longer ones are bad")
{
    const std::string label(63, 'x');
    for (const std::size_t rest : {59u, 60u, 61u, 62u, 63u}) {
        const Bytes wire = question(dns_name(std::vector{label, label, label, std::string(rest, 'y')}));
        const std::size_t length = wire.size() - 4;
        INFO(length);
        CHECK(read_question(wire) == expected(wire));
        CHECK(read_question(wire).status == (length <= 255 ? INSPECT_DNS_NAME : INSPECT_DNS_BAD));
    }
    for (const std::size_t count : {126u, 127u, 128u, 200u}) {
        const Bytes wire = question(dns_name(std::vector<std::string>(count, "a")));
        CHECK(read_question(wire) == expected(wire));
        CHECK(read_question(wire).status == (count <= 127 ? INSPECT_DNS_NAME : INSPECT_DNS_BAD));
    }
}

TEST_CASE("dns: label lengths above 63 are bad: pointers and the types that nobody uses")
{
    for (unsigned length = 64; length < 256; ++length) {
        Bytes wire{1, 'a', static_cast<std::uint8_t>(length)};
        wire.resize(300);
        CHECK(read_question(wire).status == INSPECT_DNS_BAD);
    }
}

TEST_CASE("dns: as a plain reader has it, for random names with random faults")
{
    std::mt19937 random(1035);
    const auto below = [&](std::size_t limit) { return random() % limit; };
    std::size_t seen[5]{};
    for (int i = 0; i < 20000; ++i) {
        std::vector<std::string> labels(below(12));
        for (auto& label : labels)
            label.assign(1 + below(below(4) ? 12 : 63), static_cast<char>('a' + below(26)));
        Bytes wire = question(dns_name(labels));
        if (below(2))
            wire[below(wire.size())] = static_cast<std::uint8_t>(random());
        if (below(4) == 0)
            wire.resize(below(wire.size() + 1));
        const auto asked = read_question(wire);
        ++seen[asked.status];
        if (asked != expected(wire))
            CHECK(asked == expected(wire));
    }
    for (const auto status : {INSPECT_DNS_MORE, INSPECT_DNS_NAME, INSPECT_DNS_ROOT, INSPECT_DNS_BAD})
        CHECK(seen[status] > 100);
}

TEST_CASE("dns: the OPT record and its DO bit are found, first or behind other records")
{
    const Bytes opt = dns_option({}), opt_do = dns_option({.dnssec_ok = true, .options = Bytes(8, 0xff)});
    const Bytes other = dns_record(dns_name("a.b.example"), dns::Txt, dns::In, 1, Bytes(300, 0x29));
    const Bytes pointing = dns_record({1, 'x', 0xc0, 0x0c}, dns::A, dns::In, 1, Bytes(4, 0));
    CHECK(read_edns({opt}, 1) == 1);
    CHECK(read_edns({opt_do}, 1) == 3);
    CHECK(read_edns({other, pointing, opt_do, other}, 4) == 3);
    CHECK(read_edns({dns_option({.version = 255})}, 1) == 1);
    CHECK(read_edns({}, 0) == 0);
    CHECK(read_edns({opt}, 0) == 0);
    CHECK(read_edns({other, opt}, 1) == 0);
    CHECK(read_edns({other, pointing}, 65535 * 3) == 0);
    CHECK(read_edns({dns_record(dns_name("x"), dns::Opt, 4096, 0x8000, {})}, 1) == 0);
    CHECK(read_edns({dns_record({0xc0, 0x0c}, dns::Opt, 4096, 0x8000, {})}, 1) == 0);
    CHECK(read_edns({Bytes{0x40}, opt}, 2) == 0);
}

TEST_CASE("dns: an OPT record whose fixed part is cut short is none")
{
    const Bytes opt = dns_option({.options = Bytes(4, 0)});
    for (std::size_t less = 0; less <= opt.size(); ++less)
        CHECK(read_edns({opt}, 1, less) == (opt.size() - less >= 11 ? 1 : 0));
}
