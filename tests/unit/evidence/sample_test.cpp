// SPDX-License-Identifier: Apache-2.0
//
// The file that tests/cli/audit.case verifies is what this book's journal gives.
#include <cstdlib>

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "evidence/audit.h"
#include "unit/evidence/journalled.h"

using namespace interdict;
using namespace interdict::evidence;
using namespace interdict::evidence::test;

TEST_CASE("audit file: the sample is what a fixed book exports")
{
    const Journalled made;
    made.fill();
    const auto book = made.open(book::Access::Read);
    const auto text = to_text([&](Output& out) { return write_audit(book.journal(), out); }).value();
    const auto path = std::filesystem::path(INTERDICT_SOURCE_DIR) / "tests/cli/data/audit.jsonl";
    if (std::getenv("INTERDICT_UPDATE_GOLDEN"))
        REQUIRE(write_file(path, text));
    CHECK(text == read_file(path).value_or("not there"));
}
