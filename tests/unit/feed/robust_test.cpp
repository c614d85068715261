// SPDX-License-Identifier: Apache-2.0
#include <random>

#include <catch2/catch_test_macros.hpp>

#include "reading.h"

using namespace interdict;
using namespace interdict::feed;

namespace {

struct Sample {
    Format format;
    std::string_view text;
};

// A good one of each format, to be damaged.
constexpr Sample kSamples[] = {
    {Format::Native,
     R"({"orders": [{"id": "one", "kind": "court-order", "authority": "Court", "reference": "1/26",
"jurisdiction": "IT", "issued": "2026-01-01", "effective": "2026-01-02T00:00:00Z", "targets": [{"name": "a.example"}]}]})"},
    {Format::PiracyShield,
     R"({"status":"success","data":[{"ticket_id":"0","fqdn":["a.example"],"ipv4":["192.0.2.7"]}]})"},
    {Format::PiracyShield, "a.example\n192.0.2.7\n2001:db8::7"},
    {Format::Cncpo,
     "123;20240521120000\nhttp://bad.example/p;bad.example;;\n;;http://192.0.2.7/x;192.0.2.7\n"},
    {Format::Adm, "0000350_2025.29.08\nbet.example\nhttp://casino.example/\n192.0.2.7\n"},
    {Format::Rpz,
     "$ORIGIN rpz.example.\n@ SOA a. b. ( 1 ; x\n 2 3 4 5 )\nbad.example CNAME .\n*.bad.example CNAME .\n"
     "24.0.2.0.192.rpz-ip CNAME rpz-passthru.\nt TXT \"a\\\"b\"\n"},
    {Format::Csv, "a.example,\"x \"\"y\"\"\",2030-01-01\nb.example,,2030-01-01T00:00:00Z\n"},
    {Format::Plain, "b\u00fccher.example\n192.0.2.0/24 # x\nhttp://a.example/\nkickasstorrents.\u00e0\n"},
    {Format::Hosts, "0.0.0.0 a.example b.example # x\n127.0.0.1 localhost\n::1 c.example\n"},
    {Format::Adblock, "! x\n||a.example^\n||b.example^$important\n@@||c.a.example^\n##.ad\n"},
};

Options options()
{
    Options made;
    made.columns = {.name = "1", .address = "", .expires = "3"};
    made.max_entries = 1000;
    return made;
}

// Whatever comes in: no crash, and no accepted target that is not one.
void check(Format format, std::string_view text)
{
    const auto list = read(format, text, options());
    if (!list)
        return;
    for (const Accepted& accepted : list->accepted)
        if (accepted.item.target.is_name() ? accepted.item.target.name.name.find('.') == std::string::npos
                                           : accepted.item.target.address.prefix.length == 0)
            FAIL("accepted from " << quarantine_text(*list));
    for (const Refused& refused : list->refused)
        if (refused.reason.empty())
            FAIL("refused without a reason: " << refused.text);
}

} // namespace

TEST_CASE("every reader bears 10,000 damaged copies of a good list")
{
    std::mt19937 random(20260401);
    constexpr std::string_view kSpecial = "\n\r;,\"'()$@*.:/|^#\\ \t\0-_%{}[]";
    for (const Sample& sample : kSamples) {
        std::size_t rounds = 0;
        for (; rounds < 10'000; ++rounds) {
            std::string text(sample.text);
            for (unsigned change = random() % 6 + 1; change > 0 && !text.empty(); --change) {
                const std::size_t at = random() % text.size();
                switch (random() % 5) {
                case 0:
                    text[at] = static_cast<char>(random());
                    break;
                case 1:
                    text[at] = kSpecial[random() % kSpecial.size()];
                    break;
                case 2:
                    text.erase(at, random() % 8);
                    break;
                case 3:
                    text.insert(at, text.substr(random() % text.size(), random() % 16));
                    break;
                default:
                    text.resize(at);
                }
            }
            check(sample.format, text);
        }
        CHECK(rounds == 10'000);
    }
}

TEST_CASE("every reader bears random bytes")
{
    std::mt19937 random(1);
    for (const Sample& sample : kSamples)
        for (unsigned round = 0; round < 500; ++round) {
            std::string text(random() % 600, '\0');
            for (char& c : text)
                c = static_cast<char>(random());
            check(sample.format, text);
        }
    SUCCEED("no reader crashed");
}
