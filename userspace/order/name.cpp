// SPDX-License-Identifier: Apache-2.0
#include "order/name.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <idn2.h>
#include <libpsl.h>

#include "order/problem.h"

namespace interdict::order {

namespace {

constexpr std::size_t kLabelMax = 63;

using Outcome = std::expected<std::string, NameFault>;

std::unexpected<NameFault> fault(std::string message, std::string remedy)
{
    return std::unexpected(NameFault{std::move(message), std::move(remedy)});
}

bool ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool host_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

const psl_ctx_t* public_suffixes()
{
    // The list inside the library rather than the newest on disk: the same order file means the same
    // everywhere.
    static const psl_ctx_t* const list = psl_builtin();
    return list;
}

bool is_public_suffix(const std::string& name, int sections = PSL_TYPE_ANY)
{
    const psl_ctx_t* list = public_suffixes();
    // Without the list's implicit "*", under which every unknown top-level domain is a suffix.
    return list && psl_is_public_suffix2(list, name.c_str(), sections | PSL_TYPE_NO_STAR_RULE);
}

bool known_top_level(std::string_view label)
{
    // RFC 6761, 6762, 7686, 9476, and "internal", which ICANN reserved in 2024.
    static constexpr std::array<std::string_view, 9> kSpecial{
        "alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion", "test"};
    return std::ranges::find(kSpecial, label) != kSpecial.end() || !public_suffixes() ||
           is_public_suffix(std::string(label));
}

std::string_view last_label(std::string_view name) { return name.substr(name.rfind('.') + 1); }

// Things that are not names but stand where names are meant; text is as the file has it.
std::optional<NameFault> not_a_name(std::string_view text)
{
    if (text.empty())
        return NameFault{"is empty", "write the host's name"};

    if (const auto scheme = text.find("://"); scheme != text.npos || text.find('/') != text.npos) {
        if (scheme == text.npos && parse_address(text.substr(0, text.find('/'))))
            return NameFault{
                "is an address where a name is meant",
                fmt::format("write {{\"prefix\": \"{}\", \"expires\": \"...\"}}", printable(text))};
        std::string_view host = scheme == text.npos ? text : text.substr(scheme + 3);
        host = host.substr(0, host.find_first_of("/?#"));
        return NameFault{"is a URL where a host is meant",
                         fmt::format("write \"{}\" only if the order means the whole host", printable(host))};
    }

    std::string_view bare = text;
    if (bare.size() > 1 && bare.front() == '[' && bare.back() == ']')
        bare = bare.substr(1, bare.size() - 2);
    if (const auto address = parse_address(bare))
        return NameFault{
            "is an address where a name is meant",
            fmt::format("write {{\"prefix\": \"{}\", \"expires\": \"...\"}}", to_string(*address))};
    if (std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; }))
        return NameFault{"is a number where a name is meant", "write the host's name, or a \"prefix\""};

    if (text.starts_with("*."))
        return NameFault{"is a wildcard",
                         fmt::format("write \"{}\" with \"match\": \"subtree\"", printable(text.substr(2)))};
    if (text.find('@') != text.npos)
        return NameFault{"is an e-mail address where a host is meant", "write the host's name alone"};
    if (const auto colon = text.find(':'); colon != text.npos)
        return NameFault{"has a port, which a name rule cannot keep to",
                         fmt::format("write \"{}\"", printable(text.substr(0, colon)))};
    return std::nullopt;
}

Outcome to_a_labels(std::string_view text)
{
    char* raw = nullptr;
    const int status =
        idn2_to_ascii_8z(std::string(text).c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<char, void (*)(void*)> owner(raw, idn2_free);
    if (status == IDN2_TOO_BIG_LABEL)
        return fault(fmt::format("has a label of more than {} bytes", kLabelMax), "check the order's text");
    if (status == IDN2_TOO_BIG_DOMAIN)
        return fault(fmt::format("is longer than {} bytes", INTERDICT_NAME_MAX), "check the order's text");
    if (status != IDN2_OK)
        return fault(fmt::format("is no valid internationalised name ({})", idn2_strerror(status)),
                     "compare it with the order's text and write it as xn-- labels if need be");
    return std::string(raw);
}

bool decodes(std::string_view label)
{
    char* raw = nullptr;
    const int status = idn2_to_unicode_8z8z(std::string(label).c_str(), &raw, 0);
    idn2_free(raw);
    return status == IDN2_OK;
}

// Length and characters of the labels of a lower-case ASCII name; the number of labels.
std::expected<unsigned, NameFault> check_labels(std::string_view name)
{
    if (const auto bad = std::ranges::find_if_not(name, host_character); bad != name.end())
        return fault(fmt::format("contains \"{}\"", printable({&*bad, 1})),
                     "write the host's name alone: letters, digits, hyphens, underscores and dots");
    if (name.size() > INTERDICT_NAME_MAX)
        return fault(fmt::format("is {} bytes long, {} more than a name can be", name.size(),
                                 name.size() - INTERDICT_NAME_MAX),
                     "check the order's text");
    unsigned labels = 0;
    for (std::size_t begin = 0; begin <= name.size(); ++labels) {
        const std::size_t end = std::min(name.find('.', begin), name.size());
        const std::string_view label = name.substr(begin, end - begin);
        if (label.empty())
            return fault("has an empty label", "remove the superfluous dot");
        if (label.size() > kLabelMax)
            return fault(fmt::format("has a label of {} bytes, the most is {}", label.size(), kLabelMax),
                         "check the order's text");
        if (label.starts_with("xn--") && !decodes(label))
            return fault(fmt::format("has a label that does not decode, {}", label),
                         "write the name in Unicode, or check the order's text");
        begin = end + 1;
    }
    return labels;
}

} // namespace

Outcome normalise_name(std::string_view text, Match match)
{
    if (const auto other = not_a_name(text))
        return std::unexpected(*other);
    if (text.find('\0') != text.npos)
        return fault("contains a NUL", "check the order's text");

    const bool international = !ascii(text);
    std::string name(text);
    if (international) {
        auto converted = to_a_labels(text);
        if (!converted)
            return converted;
        name = *std::move(converted);
    }
    std::ranges::transform(name, name.begin(), lower);
    if (name.size() > 1 && name.ends_with('.'))
        name.pop_back();

    const auto labels = check_labels(name);
    if (!labels)
        return std::unexpected(labels.error());
    if (*labels == 1)
        return fault("is a single label", "write the full name, such as " + name + ".example");
    // Written in Unicode, an unknown top-level domain is a misprint; as an A-label somebody meant it.
    if (international && name.substr(name.rfind('.')).starts_with(".xn--") &&
        !known_top_level(last_label(name)) && !ascii(last_label(text)))
        return fault(fmt::format("ends in \"{}\", which is no top-level domain", printable(last_label(text))),
                     "compare it with the order's text; letters with accents are often misprints");
    if (match == Match::Exact)
        return name;
    if (*labels > INTERDICT_LABELS_MAX)
        return fault(
            fmt::format("has {} labels; a subtree can have at most {}", *labels, INTERDICT_LABELS_MAX),
            "write \"match\": \"exact\" or a shorter name");
    if (is_public_suffix(name))
        return fault(
            "is a public suffix, under which unrelated parties register names",
            "name the hosts below it that are meant, or write \"match\": \"exact\" for this name alone");
    return name;
}

std::optional<NameFault> doubt_about(std::string_view name)
{
    const std::string_view last = last_label(name);
    if (known_top_level(last))
        return std::nullopt;
    NameFault doubt{fmt::format("ends in \"{}\", which is no known top-level domain", last),
                    "compare it with the order's text"};
    for (std::size_t length = last.size() - 1; length > 1; --length)
        if (known_top_level(last.substr(0, length))) {
            doubt.remedy +=
                fmt::format("; is \"{}\" meant?", name.substr(0, name.size() - last.size() + length));
            break;
        }
    return doubt;
}

Suffix public_suffix(const std::string& name)
{
    if (!is_public_suffix(name))
        return Suffix::None;
    return is_public_suffix(name, PSL_TYPE_ICANN) ? Suffix::Registry : Suffix::Private;
}

std::string registrable_domain(const std::string& name)
{
    const psl_ctx_t* list = public_suffixes();
    const char* domain = list ? psl_registrable_domain(list, name.c_str()) : nullptr;
    return domain ? domain : name;
}

} // namespace interdict::order
