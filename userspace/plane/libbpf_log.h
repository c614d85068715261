// SPDX-License-Identifier: Apache-2.0
//
// libbpf_log.h: keeps what libbpf and libxdp would print, so that our own message comes first.
#pragma once

#include <string>

namespace interdict::plane {

// While one exists, what the libraries say in this thread goes into it. They nest: the innermost one takes
// it.
class LibbpfLog {
public:
    LibbpfLog();
    ~LibbpfLog();
    LibbpfLog(const LibbpfLog&) = delete;
    LibbpfLog& operator=(const LibbpfLog&) = delete;

    // Everything but debug messages.
    [[nodiscard]] const std::string& text() const { return text_; }

    // The verifier's last words if it spoke, else the last messages; each line after "\n    ".
    [[nodiscard]] std::string tail() const;

    // tail(), or everything, as `verbose` says.
    [[nodiscard]] std::string excerpt(bool verbose) const;

    void append(const char* text) { text_ += text; }

private:
    LibbpfLog* outer_;
    std::string text_;
};

} // namespace interdict::plane
