// SPDX-License-Identifier: Apache-2.0
#include "feed/entry.h"

#include <algorithm>

#include "order/name.h"
#include "order/prefix.h"
#include "order/problem.h"

namespace interdict::feed {

namespace {

constexpr std::size_t kEntryMax = 2048; // bytes; a URL can be long, nothing else can

std::unexpected<Fault> fault(std::string reason, std::string remedy, bool name = false)
{
    return std::unexpected(Fault{Status::Quarantined, std::move(reason), std::move(remedy), name});
}

bool address_character(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '/' || c == '-' || (c >= 'a' && c <= 'f') ||
           (c >= 'A' && c <= 'F');
}

// Of the things that address characters make up, what must be an address: "dead.beef" can be a name.
bool meant_as_address(std::string_view text)
{
    if (!std::ranges::all_of(text, address_character))
        return false;
    const std::string_view first = text.substr(0, text.find_first_of("/-"));
    if (std::ranges::count(first, ':') > 1)
        return true;
    return !first.empty() &&
           std::ranges::all_of(first, [](char c) { return (c >= '0' && c <= '9') || c == '.'; }) &&
           (first.size() == text.size() || std::ranges::count(first, '.') == 3);
}

} // namespace

UrlParts url_parts(std::string_view text)
{
    const std::size_t scheme = text.find("://");
    if (scheme == text.npos && text.find('/') == text.npos)
        return {};
    const std::string_view rest = scheme == text.npos ? text : text.substr(scheme + 3);
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view beyond = rest.substr(end);
    return {rest.substr(0, end), !beyond.empty() && beyond != "/"};
}

Reading read_prefix(std::string_view text)
{
    order::Target target;
    if (const auto dash = text.find('-'); dash != text.npos)
        return fault("is a range of addresses",
                     "write the prefixes that are meant, none wider than the range");
    const bool single = text.find('/') == text.npos;
    std::string full(text);
    if (single)
        full += text.find(':') == text.npos ? "/32" : "/128";
    const auto prefix = order::parse_prefix(full);
    if (!prefix)
        return fault(single && !order::parse_address(text) ? "is not an address" : prefix.error().message,
                     prefix.error().remedy);
    target.address.prefix = *prefix;
    return target;
}

Reading read_name(std::string_view text, order::Match match, const Options& options)
{
    if (text.size() > kEntryMax)
        return fault(fmt::format("is {} bytes long", text.size()), "check the list; was it cut or joined?");
    if (text.starts_with("*.") && options.wildcards) {
        text.remove_prefix(2);
        match = order::Match::Subtree;
    } else if (text.starts_with("*.")) {
        return fault("names only what is below the name, which a rule cannot keep apart from the name itself",
                     "list the name, or take both with --wildcards if the order means that");
    }
    auto name = order::normalise_name(text, match);
    if (!name)
        return fault(std::move(name.error().message), std::move(name.error().remedy), true);
    if (!options.unknown_endings)
        if (auto doubt = order::doubt_about(*name))
            return fault(std::move(doubt->message),
                         doubt->remedy + ", or take such names with --unknown-endings", true);
    order::Target target;
    target.name = {*std::move(name), match};
    return target;
}

Reading read_target(std::string_view text, order::Match match, const Options& options)
{
    if (text.size() > kEntryMax)
        return fault(fmt::format("is {} bytes long", text.size()), "check the list; was it cut or joined?");
    if (meant_as_address(text))
        return read_prefix(text);
    const UrlParts url = url_parts(text);
    if (url.host.empty())
        return read_name(text, match, options);
    if (url.path && options.urls == UrlPolicy::Ignore)
        return std::unexpected(
            Fault{Status::Ignored, "is a URL with a path", "--url-policy says to ignore it"});
    if (url.path && options.urls == UrlPolicy::Reject)
        return fault(
            "is a URL with a path, and its host carries more than that",
            fmt::format("list \"{}\" only if the order means the whole host", order::printable(url.host)));
    if (url.host.find('@') != url.host.npos)
        return fault("is a URL with a user's name", "list the host alone");
    if (url.host.starts_with('[') && url.host.ends_with(']'))
        return read_prefix(url.host.substr(1, url.host.size() - 2));
    return meant_as_address(url.host) ? read_prefix(url.host) : read_name(url.host, match, options);
}

} // namespace interdict::feed
