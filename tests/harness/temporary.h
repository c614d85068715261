// SPDX-License-Identifier: Apache-2.0
//
// temporary.h: a folder that ends with the test.
#pragma once

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include <stdlib.h>

namespace interdict::testing {

class Temporary {
public:
    explicit Temporary(const std::filesystem::path& parent = std::filesystem::temp_directory_path())
    {
        std::string name = (parent / "interdict-XXXXXX").string();
        if (!::mkdtemp(name.data()))
            throw std::filesystem::filesystem_error("mkdtemp", name,
                                                    std::error_code(errno, std::system_category()));
        path_ = name;
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

} // namespace interdict::testing
