// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/temporary.h"

using namespace interdict;
namespace fs = std::filesystem;

namespace {

class Folder : public testing::Temporary {
public:
    [[nodiscard]] std::ptrdiff_t entries() const
    {
        return std::distance(fs::directory_iterator(path()), fs::directory_iterator());
    }
};

} // namespace

TEST_CASE("what was written is read back, zero bytes and emptiness included")
{
    const Folder folder;
    const std::string content("a\0b\n", 4);
    REQUIRE(write_file(folder / "file", content));
    CHECK(read_file(folder / "file") == content);
    REQUIRE(write_file(folder / "file", ""));
    CHECK(read_file(folder / "file") == "");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a file much longer than one read is read whole")
{
    const Folder folder;
    std::string content(3'000'001, 'x');
    content.back() = 'y';
    REQUIRE(write_file(folder / "file", content));
    CHECK(read_file(folder / "file") == content);
}

TEST_CASE("a file at the limit is read, one byte more is an error")
{
    const Folder folder;
    REQUIRE(write_file(folder / "file", "12345"));
    CHECK(read_file(folder / "file", 5) == "12345");
    CHECK(read_file(folder / "file", 4).error().message.find("longer than 4 bytes") != std::string::npos);
}

TEST_CASE("a file without a size, as in /proc, is read")
{
    const auto text = read_file("/proc/self/status");
    REQUIRE(text);
    CHECK(text->starts_with("Name:"));
}

TEST_CASE("reading what is not there names the path and the errno")
{
    const auto missing = read_file("/nonexistent/order.json");
    CHECK(missing.error() ==
          Error{"/nonexistent/order.json: cannot open: No such file or directory", ENOENT});
    CHECK(read_file("/").error().code == EISDIR);
}

TEST_CASE("replacing a file leaves no temporary one and sets the mode whatever the umask")
{
    const Folder folder;
    const mode_t before = ::umask(0077);
    REQUIRE(write_file(folder / "file", "old", 0600));
    REQUIRE(write_file(folder / "file", "new", 0644));
    ::umask(before);
    CHECK(read_file(folder / "file") == "new");
    struct stat status {};
    REQUIRE(::stat((folder / "file").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0644);
    CHECK(folder.entries() == 1);
}

TEST_CASE("a reader that has the old file open keeps the old content")
{
    const Folder folder;
    REQUIRE(write_file(folder / "file", "old"));
    fs::create_hard_link(folder / "file", folder / "held");
    REQUIRE(write_file(folder / "file", "new"));
    CHECK(read_file(folder / "held") == "old");
}

TEST_CASE("a failed write leaves the old state and no temporary file")
{
    const Folder folder;
    REQUIRE(fs::create_directory(folder / "busy"));
    const auto onto_directory = write_file(folder / "busy", "new");
    CHECK(onto_directory.error().code == EISDIR);
    CHECK(folder.entries() == 1);

    const auto nowhere = write_file(folder / "missing/file", "new");
    CHECK(nowhere.error().code == ENOENT);
    CHECK(folder.entries() == 1);
}
