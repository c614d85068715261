// SPDX-License-Identifier: Apache-2.0
//
// report.h: what was done under one order, from the book and, if there is one, from the plane.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "control/state.h"
#include "evidence/output.h"
#include "evidence/report.h"

namespace interdict::daemon {

// time: as of which. Errors: those of evidence::gather().
[[nodiscard]] Result<evidence::Report> gather_report(const control::State& state,
                                                     const std::filesystem::path& pins,
                                                     const std::string& order, std::int64_t time);

// format: "json", "html", else Markdown. rows: targets that are listed, but in JSON.
void write_report(const evidence::Report& report, std::string_view format, std::size_t rows,
                  evidence::Output& out);

} // namespace interdict::daemon
