// SPDX-License-Identifier: Apache-2.0
//
// temporary.h: a folder that ends with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace interdict {

class Temporary {
public:
    Temporary()
    {
        std::string name = (std::filesystem::temp_directory_path() / "interdict-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
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

} // namespace interdict
