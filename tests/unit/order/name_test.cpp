// SPDX-License-Identifier: Apache-2.0
#include "order/name.h"

#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace interdict::order;

TEST_CASE("names are folded and lose one final dot")
{
    CHECK(normalise_name("WWW.Example.ORG", Match::Subtree) == "www.example.org");
    CHECK(normalise_name("www.example.org.", Match::Subtree) == "www.example.org");
}

TEST_CASE("international names become A-labels, non-transitionally")
{
    CHECK(normalise_name("b\u00fccher.example", Match::Subtree) == "xn--bcher-kva.example");
    CHECK(normalise_name("B\u00dcCHER.example", Match::Subtree) == "xn--bcher-kva.example");
    CHECK(normalise_name("bu\u0308cher.example", Match::Subtree) == "xn--bcher-kva.example");
    CHECK(normalise_name("fa\u00df.example", Match::Subtree) == "xn--fa-hia.example");
    CHECK(normalise_name("a\u3002example", Match::Subtree) == "a.example");
    CHECK(normalise_name("\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", Match::Subtree) ==
          "xn--e1afmkfd.xn--p1ai");
    // What an international name hides is looked at after conversion: U+FF0F is a slash.
    CHECK_FALSE(normalise_name("a.example\uff0fb", Match::Subtree));
}

TEST_CASE("underscores and hyphens at a label's ends are accepted")
{
    for (const char* name : {"_sip._tcp.example.org", "-a.example.org", "a-.example.org", "a--b.example.org"})
        CHECK(normalise_name(name, Match::Subtree) == name);
}

TEST_CASE("boundaries of length")
{
    const std::string label(63, 'a');
    CHECK(normalise_name(label + ".example", Match::Subtree));
    CHECK_FALSE(normalise_name(label + "a.example", Match::Subtree));
    const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
    CHECK(longest.size() == 253);
    CHECK(normalise_name(longest, Match::Subtree));
    CHECK(normalise_name(longest + ".", Match::Subtree));
    CHECK_FALSE(normalise_name("c" + longest, Match::Subtree));
}

TEST_CASE("16 labels are the most for a subtree, not for an exact name")
{
    const std::string sixteen = "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.example";
    CHECK(normalise_name(sixteen, Match::Subtree));
    CHECK_FALSE(normalise_name("0." + sixteen, Match::Subtree));
    CHECK(normalise_name("0." + sixteen, Match::Exact));
}

TEST_CASE("public suffixes: refused as a subtree, accepted exactly; registered names are neither")
{
    for (const char* suffix : {"co.uk", "github.io", "ddns.net", "xn--p1ai.example"}) {
        CHECK(normalise_name(suffix, Match::Exact));
    }
    CHECK_FALSE(normalise_name("co.uk", Match::Subtree));
    CHECK_FALSE(normalise_name("CO.UK.", Match::Subtree));
    CHECK_FALSE(normalise_name("anything.ck", Match::Subtree)); // *.ck
    CHECK(normalise_name("www.ck", Match::Subtree));            // !www.ck
    CHECK(normalise_name("example.co.uk", Match::Subtree));
    CHECK(normalise_name("someone.ddns.net", Match::Subtree));
    CHECK(normalise_name("host.unknown-top", Match::Subtree));
}

TEST_CASE("doubt: unknown top-level domains, but none that are reserved")
{
    CHECK(doubt_about("a.proqui"));
    for (const char* name : {"a.com", "a.example", "a.test", "a.onion", "a.xn--p1ai", "a.local"})
        CHECK_FALSE(doubt_about(name));
}

TEST_CASE("below: by whole labels")
{
    CHECK(is_below("a.example", "example"));
    CHECK_FALSE(is_below("example", "example"));
    CHECK_FALSE(is_below("aexample", "example"));
    CHECK_FALSE(is_below("a.example", "a.b.example"));
}
