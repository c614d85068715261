// SPDX-License-Identifier: Apache-2.0
//
// source.h: what Reader needs of a file format.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "capture/reader.h"

namespace interdict::capture {

struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

// An open stream; the text stands behind it if it was read from a pipe and has to live as long.
struct Stream {
    std::unique_ptr<std::string> text;
    std::unique_ptr<std::FILE, CloseFile> file;
};

class Source {
public:
    enum class Status { Frame, End, CutShort };

    virtual ~Source() = default;

    // Fills everything of frame but its number. Errors do not name the file.
    [[nodiscard]] virtual Result<Status> next(Frame& frame) = 0;
};

// stream: at the first byte.
[[nodiscard]] Result<std::unique_ptr<Source>> open_pcap(Stream stream);
[[nodiscard]] Result<std::unique_ptr<Source>> open_pcapng(Stream stream);

} // namespace interdict::capture
