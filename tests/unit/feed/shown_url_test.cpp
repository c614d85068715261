// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "feed/shown_url.h"

using namespace interdict::feed;

TEST_CASE("the address of a list is shown with its host, port and path")
{
    for (const auto* url : {"https://lists.example", "https://lists.example:8443/a/b.csv",
                            "https://[2001:db8::1]:443/a@b", "/etc/interdict/list", ""})
        CHECK(shown_url(url) == url);
}

TEST_CASE("user, password, query and fragment of the address of a list are not shown")
{
    CHECK(shown_url("https://lists.example/a?token=b") == "https://lists.example/a?...");
    CHECK(shown_url("https://lists.example?token=b/c@d") == "https://lists.example?...");
    CHECK(shown_url("https://lists.example/a#b") == "https://lists.example/a?...");
    CHECK(shown_url("https://me:secret@lists.example/a") == "https://lists.example/a");
    CHECK(shown_url("https://me:se@cret@lists.example:1/a?b") == "https://lists.example:1/a?...");
    CHECK(shown_url("me:secret@lists.example/a?b=c://d") == "lists.example/a?...");
}

TEST_CASE("a user is named before the host only")
{
    CHECK(names_user("https://me@lists.example/"));
    CHECK(names_user("https://@lists.example"));
    CHECK(names_user("me:secret@lists.example"));
    CHECK_FALSE(names_user("https://lists.example/a@b"));
    CHECK_FALSE(names_user("https://lists.example?a@b"));
    CHECK_FALSE(names_user("https://lists.example#a@b"));
    CHECK_FALSE(names_user(""));
}
