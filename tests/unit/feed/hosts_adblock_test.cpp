// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "reading.h"

using namespace interdict;
using namespace interdict::feed;

TEST_CASE("hosts: names on 0.0.0.0, loopback and their IPv6 forms; the machine's own are passed over")
{
    const List list = read_good(Format::Hosts, "# hosts\n"
                                               "127.0.0.1 localhost localhost.localdomain\n"
                                               "::1 ip6-localhost ip6-loopback\n"
                                               "fe80::1%lo0 localhost\n"
                                               "255.255.255.255 broadcasthost\n"
                                               "0.0.0.0 0.0.0.0\n"
                                               "0.0.0.0 Bad.example www.bad.example # two\n"
                                               "127.0.0.1\tworse.example\n"
                                               ":: six.example\n");
    CHECK(accepted(list) == Texts{"7 bad.example", "7 www.bad.example", "8 worse.example", "9 six.example"});
    CHECK(refused(list).empty());
}

TEST_CASE("hosts: an entry for a real address, a line without one, a line without a name")
{
    const List list =
        read_good(Format::Hosts, "192.168.1.5 printer.example\nbad.example\n0.0.0.0\n0.0.0.0 com\n");
    CHECK(accepted(list).empty());
    CHECK(refused(list) == Texts{"1 quarantined 192.168.1.5 printer.example: sends the name to 192.168.1.5, "
                                 "which may be where it is",
                                 "2 quarantined bad.example: does not start with an address",
                                 "3 quarantined 0.0.0.0: has no name",
                                 "4 quarantined com: is a single label"});
}

TEST_CASE("hosts: --match subtree takes what is below the names, too")
{
    CHECK(accepted(read_good(Format::Hosts, "0.0.0.0 bad.example\n", {.match = order::Match::Subtree})) ==
          Texts{"1 bad.example and below"});
}

TEST_CASE("adblock: only whole hosts are taken")
{
    const List list = read_good(Format::Adblock, "[Adblock Plus 2.0]\n"
                                                 "! a comment\n"
                                                 "||bad.example^\n"
                                                 "||worse.example^$important\n"
                                                 "||all.example^$all,document\n"
                                                 "@@||good.bad.example^\n"
                                                 "||third.example^$third-party\n"
                                                 "||path.example/ads^\n"
                                                 "||pre.example\n"
                                                 "||star*.example^\n"
                                                 "/ads[0-9]/\n"
                                                 "plain.example\n"
                                                 "example.org##.banner\n"
                                                 "||192.0.2.1^\n");
    CHECK(accepted(list) ==
          Texts{"3 bad.example and below", "4 worse.example and below", "5 all.example and below"});
    REQUIRE(list.passthru.size() == 1);
    CHECK(list.passthru[0].name == "good.bad.example");
    CHECK(list.count(Status::Quarantined) == 7);
    CHECK(list.count(Status::Ignored) == 1);
    CHECK(refused(list).at(0) ==
          "7 quarantined ||third.example^$third-party: blocks some requests to the host only");
    CHECK(refused(list).at(1) == "8 quarantined ||path.example/ads^: is a pattern, not a whole host");
    CHECK(refused(list).back() == "14 quarantined ||192.0.2.1^: is an address where a name is meant");
}
