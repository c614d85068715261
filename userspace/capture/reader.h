// SPDX-License-Identifier: Apache-2.0
//
// reader.h: capture files, pcap (all variants libpcap knows) and pcapng, frame by frame.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace interdict::capture {

struct Frame {
    std::uint64_t number = 0; // from 1, as other tools number the frames of a file
    std::int64_t seconds = 0; // since the Unix epoch; 0 where the file has no time (pcapng simple packets)
    std::uint32_t nanoseconds = 0;
    std::uint32_t link_type = 0;       // LINKTYPE_* of its interface, see www.tcpdump.org/linktypes.html
    std::uint32_t original_length = 0; // bytes on the wire; more than bytes.size() if the capture was snapped
    std::span<const std::uint8_t> bytes; // valid until the next call of next()
};

class Source;

// One pass over one file. Not to be shared between threads.
class Reader {
public:
    // A file, a pipe or /dev/stdin; a pipe is read into memory first. Errors: cannot be read, empty,
    // compressed, not a capture.
    [[nodiscard]] static Result<Reader> open(const std::filesystem::path& path);

    // The next frame, or nothing at the end. Errors: the file is damaged from here on; frames before were
    // whole.
    [[nodiscard]] Result<std::optional<Frame>> next();

    // Set at the end if the file was cut short inside a packet: "... ends inside packet 7; the 6 before it
    // are whole". Every whole packet has been delivered then.
    [[nodiscard]] const std::optional<std::string>& note() const;

    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;
    ~Reader();

private:
    Reader(std::string file, std::unique_ptr<Source> source);

    std::string file_;
    std::unique_ptr<Source> source_;
    std::uint64_t frames_ = 0;
    std::optional<std::string> note_;
    bool done_ = false;
};

} // namespace interdict::capture
