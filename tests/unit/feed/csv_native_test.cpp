// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "base/clock.h"
#include "reading.h"

using namespace interdict;
using namespace interdict::feed;

TEST_CASE("csv: columns by number, by heading; another delimiter; quotes")
{
    Options options;
    options.columns = {.name = "2", .address = "3", .expires = "5"};
    options.delimiter = ';';
    options.header = true;
    const List list = read_good(Format::Csv,
                                "no;site;ip;note;until\r\n"
                                "1;a.example;;\"x; \"\"y\"\"\nz\";2030-01-01\r\n"
                                "2;;192.0.2.7;;2030-01-01T12:00:00+01:00\r\n"
                                "3;b.example;192.0.2.8;;\r\n",
                                options);
    CHECK(accepted(list) ==
          Texts{"2 a.example and below", "4 192.0.2.7/32", "5 b.example and below", "5 192.0.2.8/32"});
    CHECK(format_timestamp(list.accepted[0].item.expires) == "2030-01-01T00:00:00Z");
    CHECK(format_timestamp(list.accepted[1].item.expires) == "2030-01-01T11:00:00Z");
    CHECK(list.accepted[2].item.expires == 0);

    options.columns = {.name = "site", .address = "", .expires = "", .ticket = "no"};
    const List by_heading = read_good(Format::Csv, "no;site\n17;a.example\n", options);
    CHECK(accepted(by_heading) == Texts{"2 a.example and below"});
    CHECK(by_heading.accepted[0].ticket == "17");
}

TEST_CASE("csv: a faulty end, one that is past, and a row without a target")
{
    Options options;
    options.columns = {.name = "1", .address = "", .expires = "2"};
    options.received = parse_timestamp("2026-01-01T00:00:00Z").value();
    const List list = read_good(Format::Csv,
                                "a.example,2025-12-31\n"
                                "b.example,2026-01-01T00:00:00Z\n"
                                "c.example,2026-01-01T00:00:01Z\n"
                                "d.example,soon\n"
                                "e.example\n"
                                ",2030-01-01\n"
                                "\n",
                                options);
    CHECK(accepted(list) == Texts{"3 c.example and below", "5 e.example and below"});
    CHECK(refused(list) ==
          Texts{"1 ignored a.example: ended 2025-12-31T00:00:00Z",
                "2 ignored b.example: ended 2026-01-01T00:00:00Z",
                "4 quarantined d.example: \"soon\" is not a date; write it as 2022-07-11",
                "6 quarantined ,2030-01-01: has nothing in the columns of name and address"});
}

TEST_CASE("csv: of two rows with one target the wider and longer holds")
{
    Options options;
    options.columns = {.name = "1", .address = "", .expires = "2"};
    const List list =
        read_good(Format::Csv,
                  "a.example,2030-01-01\na.example,2031-01-01\nb.example,2030-01-01\nb.example\n", options);
    REQUIRE(list.accepted.size() == 2);
    CHECK(format_timestamp(list.accepted[0].item.expires) == "2031-01-01T00:00:00Z");
    CHECK(list.accepted[1].item.expires == 0);
    CHECK(list.count(Status::Ignored) == 2);
}

TEST_CASE("csv: faults of the map and of the table are errors")
{
    Options options;
    CHECK(error_of(Format::Csv, "a.example\n", options) ==
          "the column map has neither name nor address; write e.g. --map name=1,expires=3");
    options.columns.name = "site";
    CHECK(error_of(Format::Csv, "a.example\n", options) ==
          "column \"site\" of the map is none of the headings (there are none: is --header missing?); name "
          "one of "
          "them, or a number from 1");
    options.columns.name = "0";
    CHECK(error_of(Format::Csv, "a.example\n", options) ==
          "column 0 of the map: columns are numbered from 1");
    options.columns.name = "1";
    CHECK(error_of(Format::Csv, "a.example\n\"b.example\n", options) ==
          "line 2: a quote is opened and not closed before the end of the list");
    options.header = true;
    CHECK(error_of(Format::Csv, "", options) == "is empty, without the headings that --header promises");
    options.delimiter = '"';
    CHECK(error_of(Format::Csv, "a\n", options) == "a quote or a line end cannot be the delimiter");
}

namespace {

std::string order_file(std::string_view targets)
{
    return R"({"orders": [{"id": "one", "kind": "court-order", "authority": "Court", "reference": "1/26",
        "jurisdiction": "IT", "issued": "2026-01-01", "effective": "2026-01-02T00:00:00Z", "targets": )" +
           std::string(targets) + "}]}";
}

} // namespace

TEST_CASE("native: whole orders; bad targets are quarantined, a bad order is an error")
{
    const List list =
        read_good(Format::Native, order_file(R"([{"name": "a.example"}, {"name": "http://b.example/"}])"));
    CHECK(list.entries() == 1);
    REQUIRE(list.orders.size() == 1);
    CHECK(list.orders[0].id == "one");
    CHECK(refused(list) == Texts{"2 quarantined http://b.example/: is a URL where a host is meant"});

    // Without the order its targets would be lifted: the whole file must wait.
    CHECK_FALSE(
        error_of(Format::Native, order_file(R"([{"name": "a.example"}], "mode": "enforced")")).empty());
    CHECK(error_of(Format::Native, order_file(R"([{"name": "com"}])")) ==
          "$.orders[0] has no good target; mend it and check it with: interdict check");
    CHECK_FALSE(error_of(Format::Native, "[]").empty());
    CHECK_FALSE(error_of(Format::Native, "").empty());
}
