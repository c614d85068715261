// SPDX-License-Identifier: Apache-2.0
#include "plane/libbpf_log.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <string_view>
#include <vector>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

namespace interdict::plane {

namespace {

constexpr std::size_t kTailLines = 6;

thread_local LibbpfLog* innermost = nullptr;

int keep(bool debug, const char* format, std::va_list arguments)
{
    if (debug || !innermost)
        return 0;
    std::va_list again;
    va_copy(again, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, arguments);
    std::string text(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
    std::vsnprintf(text.data(), text.size() + 1, format, again);
    va_end(again);
    innermost->append(text.c_str());
    return length;
}

int from_libbpf(libbpf_print_level level, const char* format, std::va_list arguments)
{
    return keep(level == LIBBPF_DEBUG, format, arguments);
}

int from_libxdp(libxdp_print_level level, const char* format, std::va_list arguments)
{
    return keep(level == LIBXDP_DEBUG, format, arguments);
}

std::vector<std::string_view> lines(std::string_view text)
{
    std::vector<std::string_view> found;
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (const auto line = text.substr(0, end); !line.empty())
            found.push_back(line);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return found;
}

} // namespace

LibbpfLog::LibbpfLog() : outer_(innermost)
{
    static std::once_flag once;
    std::call_once(once, [] {
        libbpf_set_print(from_libbpf);
        libxdp_set_print(from_libxdp);
    });
    innermost = this;
}

LibbpfLog::~LibbpfLog() { innermost = outer_; }

std::string LibbpfLog::tail() const
{
    std::string_view rest = text_;
    if (const auto begin = rest.rfind("-- BEGIN PROG LOAD LOG --"); begin != std::string_view::npos) {
        rest.remove_prefix(begin);
        rest = rest.substr(rest.find('\n') + 1);
        rest = rest.substr(0, rest.find("-- END PROG LOAD LOG --"));
        rest = rest.substr(0, rest.rfind('\n')); // "libbpf: " of the line that ends the log
    }
    const auto all = lines(rest);
    std::string tail;
    for (std::size_t i = all.size() > kTailLines ? all.size() - kTailLines : 0; i < all.size(); ++i)
        tail.append("\n    ").append(all[i]);
    return tail;
}

std::string LibbpfLog::excerpt(bool verbose) const
{
    return verbose && !text_.empty() ? "\n" + text_ : tail();
}

} // namespace interdict::plane
