// SPDX-License-Identifier: Apache-2.0
//
// bytes.h: tiny captures for tests, written by hand.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

namespace interdict::capture {

// Appends numbers in one byte order.
class Writer {
public:
    explicit Writer(bool big = false) : big_(big) {}

    Writer& u16(std::uint32_t value) { return number(value, 2); }
    Writer& u32(std::uint32_t value) { return number(value, 4); }

    Writer& text(const std::string& text)
    {
        out_ += text;
        return *this;
    }

    Writer& zeroes(std::size_t count)
    {
        out_.append(count, '\0');
        return *this;
    }

    [[nodiscard]] const std::string& str() const { return out_; }

private:
    Writer& number(std::uint32_t value, unsigned size)
    {
        for (unsigned i = 0; i < size; ++i)
            out_ += static_cast<char>(value >> 8 * (big_ ? size - 1 - i : i));
        return *this;
    }

    bool big_;
    std::string out_;
};

// A file that is gone with the test.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& content)
    {
        std::string path = (std::filesystem::temp_directory_path() / "interdict-capture-XXXXXX").string();
        const int fd = mkstemp(path.data());
        if (fd < 0)
            throw std::runtime_error("mkstemp");
        close(fd);
        path_ = path;
        std::ofstream(path_, std::ios::binary) << content;
    }

    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    ~TemporaryFile()
    {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace interdict::capture
