// SPDX-License-Identifier: Apache-2.0
#include "feed/shown_url.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace interdict::feed {

namespace {

// Where the authority begins and ends.
std::pair<std::size_t, std::size_t> authority_of(std::string_view url)
{
    const auto scheme = url.find("://");
    const auto begin = scheme < url.find_first_of("/?#@") ? scheme + 3 : 0;
    return {begin, std::min(url.find_first_of("/?#", begin), url.size())};
}

} // namespace

std::string shown_url(std::string_view url)
{
    const auto [begin, end] = authority_of(url);
    const auto authority = url.substr(begin, end - begin);
    const auto host = authority.substr(authority.rfind('@') + 1); // npos + 1 is 0
    const auto rest = url.substr(end);
    const auto path = rest.substr(0, rest.find_first_of("?#"));
    std::string shown(url.substr(0, begin));
    shown.append(host).append(path);
    if (path.size() < rest.size())
        shown += "?...";
    return shown;
}

bool names_user(std::string_view url)
{
    const auto [begin, end] = authority_of(url);
    return url.substr(begin, end - begin).contains('@');
}

} // namespace interdict::feed
