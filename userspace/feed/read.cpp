// SPDX-License-Identifier: Apache-2.0
#include "feed/read.h"

#include <algorithm>
#include <array>

#include "feed/formats.h"
#include "feed/lines.h"

namespace interdict::feed {

namespace {

using Reader = Result<void> (*)(std::string_view, Builder&);

Reader reader_of(Format format)
{
    switch (format) {
    case Format::Native:
        return read_native;
    case Format::PiracyShield:
        return read_piracyshield;
    case Format::Cncpo:
        return read_cncpo;
    case Format::Adm:
        return read_adm;
    case Format::Rpz:
        return read_rpz;
    case Format::Csv:
        return read_csv;
    case Format::Plain:
        return read_plain;
    case Format::Hosts:
        return read_hosts;
    case Format::Adblock:
        return read_adblock;
    }
    return read_plain;
}

} // namespace

Result<List> read(Format format, std::string_view bytes, const Options& options)
{
    const auto told = [&](const Error& error) {
        return std::unexpected(options.source.empty() ? error : error.context(options.source));
    };
    const auto text = list_text(bytes);
    if (!text)
        return told(text.error());
    Builder builder(format, options);
    if (const auto done = reader_of(format)(*text, builder); !done)
        return told(done.error());
    builder.progress(bytes.size());
    auto list = builder.finish();
    if (!list)
        return told(list.error());
    return list;
}

std::optional<Format> format_named(std::string_view name)
{
    static constexpr std::array kFormats{Format::Native, Format::PiracyShield, Format::Cncpo,
                                         Format::Adm,    Format::Rpz,          Format::Csv,
                                         Format::Plain,  Format::Hosts,        Format::Adblock};
    if (name == "agcom") // the same text as ADM's
        return Format::Adm;
    const auto* const found =
        std::ranges::find_if(kFormats, [&](Format format) { return to_string(format) == name; });
    return found == kFormats.end() ? std::nullopt : std::optional(*found);
}

} // namespace interdict::feed
