// SPDX-License-Identifier: Apache-2.0
//
// output.h: where an export goes, piece by piece: a million lines are never held as one text.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"

namespace interdict::evidence {

class Output {
public:
    using Sink = std::function<Result<void>(std::string_view)>;

    explicit Output(Sink sink) : sink_(std::move(sink)) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    // After an error of the sink nothing more is given to it; finish() returns that error.
    void text(std::string_view piece);

    template <class... Args>
    void line(fmt::format_string<Args...> format, Args&&... args)
    {
        fmt::format_to(std::back_inserter(buffer_), format, std::forward<Args>(args)...);
        text("\n");
    }

    [[nodiscard]] Result<void> finish();

private:
    void flush();

    Sink sink_;
    std::string buffer_;
    Result<void> state_{};
};

// Replaces the file in one step with what `write` gives out, or leaves it as it was. The directory must
// exist.
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& file,
                                        const std::function<Result<void>(Output&)>& write);

// All of it as one text, for small ones and tests.
[[nodiscard]] Result<std::string> to_text(const std::function<Result<void>(Output&)>& write);

} // namespace interdict::evidence
