// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "reading.h"

using namespace interdict;
using namespace interdict::feed;

TEST_CASE("plain: names, addresses, prefixes and bare URLs; comments and line ends")
{
    const List list = read_good(Format::Plain, "\xef\xbb\xbf# a list\r\n"
                                               "KickAssTorrents.to\r\n"
                                               "\n"
                                               "192.0.2.7\n"
                                               "192.0.2.0/24 # a network\n"
                                               "2001:db8::7\n"
                                               "2001:db8::/32\n"
                                               "http://www.example.org/\n"
                                               "  b\u00fccher.example ; IDN\n"
                                               "last.example.org");
    CHECK(accepted(list) == Texts{"2 kickasstorrents.to and below", "4 192.0.2.7/32", "5 192.0.2.0/24",
                                  "6 2001:db8::7/128", "7 2001:db8::/32", "8 www.example.org and below",
                                  "9 xn--bcher-kva.example and below", "10 last.example.org and below"});
    CHECK(refused(list).empty());
    CHECK(list.entries() == 8);
}

TEST_CASE("plain: what cannot be carried out exactly is quarantined, each line with its reason")
{
    const List list = read_good(Format::Plain, "com\n"
                                               "co.uk\n"
                                               "1.2.3.4/24\n"
                                               "192.0.2.1-192.0.2.9\n"
                                               "::ffff:192.0.2.1\n"
                                               "0.0.0.0/0\n"
                                               "http://t.example.org/channel\n"
                                               "t.example.org/channel\n"
                                               "www.example.org:8080\n"
                                               "*.example.org\n"
                                               "someone@example.org\n"
                                               "a.example b.example\n"
                                               "256.1.1.1\n"
                                               "http://user@example.org/\n");
    CHECK(accepted(list).empty());
    CHECK(list.count(Status::Quarantined) == 14);
    CHECK(
        refused(list) ==
        Texts{
            "1 quarantined com: is a single label",
            "2 quarantined co.uk: is a public suffix, under which unrelated parties register names",
            "3 quarantined 1.2.3.4/24: has bits set beyond its length of 24",
            "4 quarantined 192.0.2.1-192.0.2.9: is a range of addresses",
            "5 quarantined ::ffff:192.0.2.1: is an IPv4-mapped IPv6 prefix, which no packet carries",
            "6 quarantined 0.0.0.0/0: covers every address",
            "7 quarantined http://t.example.org/channel: is a URL with a path, and its host carries more "
            "than that",
            "8 quarantined t.example.org/channel: is a URL with a path, and its host carries more than that",
            "9 quarantined www.example.org:8080: has a port, which a name rule cannot keep to",
            "10 quarantined *.example.org: names only what is below the name, which a rule cannot keep apart "
            "from the name itself",
            "11 quarantined someone@example.org: is an e-mail address where a host is meant",
            "12 quarantined a.example b.example: has more than one word",
            "13 quarantined 256.1.1.1: is not an address",
            "14 quarantined http://user@example.org/: is a URL with a user's name"});
}

TEST_CASE("plain: switches change what is refused, and nothing else")
{
    CHECK(accepted(read_good(Format::Plain,
                             "http://t.example.org/a\nhttp://192.0.2.1/b\nhttps://[2001:db8::1]/c\n",
                             {.urls = UrlPolicy::Host})) ==
          Texts{"1 t.example.org and below", "2 192.0.2.1/32", "3 2001:db8::1/128"});
    const List ignoring = read_good(Format::Plain, "http://t.example.org/a\n", {.urls = UrlPolicy::Ignore});
    CHECK(ignoring.count(Status::Ignored) == 1);
    CHECK(ignoring.count(Status::Quarantined) == 0);
    CHECK(accepted(read_good(Format::Plain, "*.example.org\n", {.wildcards = true})) ==
          Texts{"1 example.org and below"});
    CHECK(accepted(read_good(Format::Plain, "www.example.org\n", {.match = order::Match::Exact})) ==
          Texts{"1 www.example.org"});
    // Exact, a public suffix is one host and not everybody's below it.
    CHECK(accepted(read_good(Format::Plain, "github.io\n", {.match = order::Match::Exact})) ==
          Texts{"1 github.io"});
    CHECK(accepted(read_good(Format::Plain, "site.bit\n")).empty());
    CHECK(accepted(read_good(Format::Plain, "site.bit\n", {.unknown_endings = true})) ==
          Texts{"1 site.bit and below"});
}

TEST_CASE("plain: a target that is there twice counts once, and is told")
{
    const List list = read_good(Format::Plain, "a.example\nb.example\nA.example.\n192.0.2.1\n192.0.2.1/32\n");
    CHECK(accepted(list) == Texts{"1 a.example and below", "2 b.example and below", "4 192.0.2.1/32"});
    CHECK(refused(list) == Texts{"3 ignored A.example.: is already on line 1",
                                 "5 ignored 192.0.2.1/32: is already on line 4"});
}

TEST_CASE("names below a shared suffix are never rolled up")
{
    const List list = read_good(Format::Plain, "one.ddns.net\ntwo.ddns.net\nddns.net\n");
    CHECK(accepted(list) == Texts{"1 one.ddns.net and below", "2 two.ddns.net and below"});
    CHECK(list.count(Status::Quarantined) == 1);
}

TEST_CASE("what is no list at all is an error, with its remedy")
{
    CHECK(error_of(Format::Plain, "<!DOCTYPE html><p>moved") ==
          "is a web page, not a list; was it fetched from the right place?");
    CHECK(error_of(Format::Plain, "  <HTML>", {.source = "list.txt"}) ==
          "list.txt: is a web page, not a list; was it fetched from the right place?");
    CHECK(error_of(Format::Cncpo, "-----BEGIN PGP MESSAGE-----\n") ==
          "is encrypted or signed with OpenPGP; decrypt it first: gpg --decrypt");
    CHECK(error_of(Format::Plain, std::string_view("\xff\xfe"
                                                   "a\0",
                                                   4)) == "is UTF-16; convert it: iconv -f UTF-16 -t UTF-8");
    CHECK(error_of(Format::Plain, "%PDF-1.7") ==
          "is a PDF; take the list's text out of it and compare it with the original");
}

TEST_CASE("limits: as many entries as are allowed are taken, one more is an error")
{
    CHECK(read_good(Format::Plain, "a.example\nb.example\n", {.max_entries = 2}).entries() == 2);
    CHECK(error_of(Format::Plain, "a.example\nb.example\nc.example\n", {.max_entries = 2}) ==
          "has more than 2 entries, the most that is taken; split the list");
    const std::string long_line(5000, 'a');
    const List list = read_good(Format::Plain, long_line + "\nb.example\n");
    CHECK(accepted(list) == Texts{"2 b.example and below"});
    CHECK(list.refused.at(0).reason == "is 5000 bytes long");
    CHECK(list.refused.at(0).text.size() < 200);
}

TEST_CASE("an empty list has no entries, and is no error of the reader")
{
    for (const Format format :
         {Format::Plain, Format::Hosts, Format::Adblock, Format::Adm, Format::PiracyShield})
        CHECK(read_good(format, "").entries() == 0);
}

TEST_CASE("the nearest name is shown and never taken")
{
    const std::vector<std::string_view> known{"kickasstorrents.to", "limetorrents.cc", "example.org"};
    const auto nearest = [&](std::string_view text) {
        const List list = read_good(Format::Plain, text, {.known = known});
        CHECK(list.entries() == 0);
        return list.refused.empty() ? std::string("accepted") : list.refused[0].nearest;
    };
    CHECK(nearest("kickasstorrents.\u00e0") == "kickasstorrents.to");
    CHECK(nearest("kickasstorrents.\xe0") == "kickasstorrents.to"); // Latin-1
    CHECK(nearest("limetorrents") == "limetorrents.cc");
    CHECK(nearest("kickass torrents.to") == ""); // two words
}

TEST_CASE("without a known name the nearest is made from the text")
{
    const auto nearest = [](std::string_view text) {
        const List list = read_good(Format::Plain, text);
        CHECK(list.entries() == 0);
        return list.refused.empty() ? std::string("accepted") : list.refused[0].nearest;
    };
    CHECK(nearest("streaming.t\u00f2") == "streaming.to"); // an accent too much
    CHECK(nearest("streaming.comthe") == "streaming.com"); // a PDF's next word
    CHECK(nearest("streaming.cmo") == "streaming.com");    // letters changed places
    CHECK(nearest("streaming.\u00e0") == "");              // could be anything
    CHECK(nearest("\x01\x02\x03") == "");
}

TEST_CASE("the nearest is also sought among the list's own names")
{
    const List list = read_good(Format::Plain, "kickasstorrents.to\nkickasstorrents.\u00e0\n");
    CHECK(accepted(list) == Texts{"1 kickasstorrents.to and below"});
    CHECK(list.refused.at(0).nearest == "kickasstorrents.to");
    CHECK(quarantine_text(list) ==
          "{\"source\":\"\",\"line\":2,\"status\":\"quarantined\",\"text\":\"kickasstorrents.\u00e0\","
          "\"reason\":\"ends in \\\"\u00e0\\\", which is no top-level domain\","
          "\"remedy\":\"compare it with the order's text; letters with accents are often misprints\","
          "\"nearest\":\"kickasstorrents.to\"}\n");
}

TEST_CASE("what was set aside can be read again")
{
    const List list =
        read_good(Format::Plain, "kickasstorrents.to\nkickasstorrents.\u00e0\n\"two\" \\ words\n");
    REQUIRE(list.refused.size() == 2);
    const auto read = read_quarantine(quarantine_text(list));
    REQUIRE(read.has_value());
    REQUIRE(read->size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(read->at(i).line == list.refused[i].line);
        CHECK(read->at(i).status == list.refused[i].status);
        CHECK(read->at(i).text == list.refused[i].text);
        CHECK(read->at(i).reason == list.refused[i].reason);
        CHECK(read->at(i).remedy == list.refused[i].remedy);
        CHECK(read->at(i).nearest == list.refused[i].nearest);
    }
    CHECK(read_quarantine("")->empty());
}

TEST_CASE("set aside entries: a line that is cut short is told by its number")
{
    const auto read = read_quarantine("{\"line\":1,\"text\":\"a\"}\n{\"line\":2,\"te");
    REQUIRE(!read);
    CHECK(read.error().message == "line 2 is none of a file of set aside entries");
    CHECK(!read_quarantine("{\"text\":\"a\"}\n"));
    CHECK(!read_quarantine("[1]\n"));
}
