// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "base/clock.h"
#include "reading.h"

using namespace interdict;
using namespace interdict::feed;

TEST_CASE("cncpo: serial, timestamp, names and addresses")
{
    const List list = read_good(Format::Cncpo, "123;20240521120000\n"
                                               "http://bad.example/p;bad.example;;\n"
                                               ";;http://192.0.2.7/x;192.0.2.7\n");
    CHECK(list.serial == "123");
    CHECK(list.stamp == "20240521120000");
    CHECK(format_timestamp(list.timestamp) == "2024-05-21T12:00:00Z");
    CHECK(accepted(list) == Texts{"2 bad.example and below", "3 192.0.2.7/32"});
    CHECK(refused(list).empty());
}

TEST_CASE("cncpo: the name wins over the address, which is told; case is folded; CR LF")
{
    const List list =
        read_good(Format::Cncpo, "7;20240521\r\n"
                                 "HTTP://Bad.Example/P;BAD.example;http://192.0.2.7/x;192.0.2.7\r\n"
                                 ";;;\r\n"
                                 "http://port.example:8080/;port.example;;\r\n"
                                 ";;http://[2001:db8::7]/;2001:db8::7\r\n");
    CHECK(list.timestamp == 0);
    CHECK(accepted(list) ==
          Texts{"2 bad.example and below", "4 port.example and below", "5 2001:db8::7/128"});
    CHECK(refused(list) == Texts{"2 ignored 192.0.2.7: stands beside a name, which is what is blocked"});
}

TEST_CASE("cncpo: rows whose columns contradict each other are quarantined")
{
    const List list = read_good(Format::Cncpo, "7;20240521120000\n"
                                               "http://bad.example/p;other.example;;\n"
                                               ";;http://192.0.2.7/x;192.0.2.8\n"
                                               "http://bad.example/p;;;\n"
                                               ";bad.example;;\n"
                                               "http://bad.example/p;bad.example\n"
                                               "http://a.example/;a.example;;;x\n"
                                               "http://a.example/;a.example;http://192.0.2.7/x;192.0.2.8\n"
                                               "http://192.0.2.9/;192.0.2.9;;\n");
    CHECK(accepted(list).empty());
    CHECK(list.count(Status::Quarantined) == 8);
    CHECK(list.refused[0].reason == "names one host in column 1 and another one in column 2");
    CHECK(list.refused[1].reason == "names one host in column 3 and another one in column 4");
    CHECK(list.refused[4].reason == "has 2 columns, not 4");
    CHECK(list.refused[5].reason == "has 5 columns, not 4");
    CHECK(list.refused[7].reason == "is an address where a name is meant");
}

TEST_CASE("cncpo: a wrong header or an empty list is fatal")
{
    constexpr char kHeader[] = "line 1 is not \"serial;timestamp\", two numbers; is it the whole list?";
    CHECK(error_of(Format::Cncpo, "") == kHeader);
    CHECK(error_of(Format::Cncpo, "serial;timestamp\nhttp://a.example/;a.example;;\n") == kHeader);
    CHECK(error_of(Format::Cncpo, "123\n") == kHeader);
    CHECK(error_of(Format::Cncpo, "123;\n") == kHeader);
    CHECK(error_of(Format::Cncpo, "1;2;3\n") == kHeader);
    CHECK(error_of(Format::Cncpo, "http://a.example/;a.example;;\n") == kHeader);
    CHECK(error_of(Format::Cncpo, "123;20240521120000\n") ==
          "has a header and no rows; an empty list is never taken");
    CHECK(error_of(Format::Cncpo, "123;20240521120000\n\n \n") ==
          "has a header and no rows; an empty list is never taken");
}

TEST_CASE("adm: the header is year.day.month")
{
    const List list = read_good(Format::Adm, "0000350_2025.29.08\n"
                                             "bet.example\n"
                                             "192.0.2.7\n"
                                             "http://Casino.example/\n"
                                             "https://casino2.example\n"
                                             "http://shared.example/casino\n");
    CHECK(list.serial == "0000350");
    CHECK(list.stamp == "2025.29.08");
    CHECK(format_timestamp(list.timestamp) == "2025-08-29T00:00:00Z");
    CHECK(accepted(list) == Texts{"2 bet.example and below", "3 192.0.2.7/32", "4 casino.example and below",
                                  "5 casino2.example and below"});
    CHECK(refused(list) ==
          Texts{"6 quarantined http://shared.example/casino: is a URL with a path, and its host "
                "carries more than that"});
    CHECK(list.refused[0].remedy == "list \"shared.example\" only if the order means the whole host");
}

TEST_CASE("adm: day and month are not swapped, and a day that does not exist is told")
{
    CHECK(format_timestamp(read_good(Format::Adm, "1_2025.03.12\na.example\n").timestamp) ==
          "2025-12-03T00:00:00Z");
    const List list = read_good(Format::Adm, "1_2025.08.29\na.example\n");
    CHECK(list.timestamp == 0);
    CHECK(accepted(list) == Texts{"2 a.example and below"});
    CHECK(list.refused.at(0).reason == "is a header with a day that does not exist");
}

TEST_CASE("adm: without a header, and with one in the wrong place")
{
    CHECK(accepted(read_good(Format::Adm, "a.example\nb.example\n")).size() == 2);
    const List list = read_good(Format::Adm, "a.example\n0000350_2025.29.08\n");
    CHECK(list.serial.empty());
    CHECK(list.count(Status::Quarantined) == 1);
}

TEST_CASE("adm: url_policy host and ignore")
{
    constexpr char kText[] = "http://shared.example/casino\n";
    CHECK(accepted(read_good(Format::Adm, kText, {.urls = UrlPolicy::Host})) ==
          Texts{"1 shared.example and below"});
    CHECK(read_good(Format::Adm, kText, {.urls = UrlPolicy::Ignore}).count(Status::Ignored) == 1);
}

TEST_CASE("piracyshield: text, one value a line, no final line end")
{
    const List list =
        read_good(Format::PiracyShield, "stream.example\nDrive.example\n192.0.2.7\n2001:db8::7");
    CHECK(accepted(list) == Texts{"1 stream.example and below", "2 drive.example and below", "3 192.0.2.7/32",
                                  "4 2001:db8::7/128"});
}

TEST_CASE("piracyshield: JSON, a list or the envelope or tickets")
{
    CHECK(accepted(read_good(Format::PiracyShield, R"(["a.example", "192.0.2.7"])")) ==
          Texts{"1 a.example and below", "2 192.0.2.7/32"});
    CHECK(accepted(read_good(Format::PiracyShield,
                             R"({"status": "success", "data": ["a.example"], "note": null})")) ==
          Texts{"1 a.example and below"});
    const List list = read_good(Format::PiracyShield, R"({"status": "success", "data": [
        {"ticket_id": "0123456789abcdef0123456789abcdef", "fqdn": ["a.example"], "ipv4": ["192.0.2.7"], "ipv6": [],
         "status": "open", "metadata": {"created_at": "2026-04-01T20:00:00+02:00"}},
        {"ticket_id": "fedcba9876543210fedcba9876543210", "fqdn": ["b.example", 7], "ipv4": null},
        {"fqdn": ["c.example"]}, 8]})");
    CHECK(accepted(list) == Texts{"1 a.example and below", "2 192.0.2.7/32", "3 b.example and below"});
    CHECK(list.accepted[0].ticket == "0123456789abcdef0123456789abcdef");
    CHECK(list.accepted[2].ticket == "fedcba9876543210fedcba9876543210");
    CHECK(refused(list) == Texts{"4 quarantined 7: is an integer where a name or an address is meant",
                                 "5 quarantined {...}: is an object without a ticket_id",
                                 "6 quarantined 8: is an integer where a name or an address is meant"});
}

TEST_CASE("piracyshield: an error is not a list")
{
    CHECK(error_of(Format::PiracyShield, R"({"status": "error", "code": "5011", "message": "no items"})") ==
          "is an error, not a list: 5011 no items");
    CHECK(error_of(Format::PiracyShield, R"({"status": "success", "data": 7})") ==
          "is an integer, not a list of values or tickets");
    CHECK(error_of(Format::PiracyShield, R"({"status": )").starts_with("line 1: "));
}
