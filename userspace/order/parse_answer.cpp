// SPDX-License-Identifier: Apache-2.0
#include "order/parse_answer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include <fmt/format.h>

namespace interdict::order {

namespace {

using Type = JsonValue::Type;

constexpr std::array<std::string_view, 2> kSinkholeKeys{"ipv4", "ipv6"};
constexpr std::array<std::string_view, 3> kNoticeKeys{"blocked_by", "complaint", "text"};

struct Special {
    std::string_view prefix;
    std::string_view what;
};

// Where no stop page can be (RFC 6890, RFC 4291): an answer with one of these sends the client to itself or
// nowhere.
constexpr std::array<Special, 6> kSpecial4{{{"0.0.0.0/8", "\"this network\""},
                                            {"127.0.0.0/8", "the client's own loopback"},
                                            {"169.254.0.0/16", "link-local"},
                                            {"192.0.0.0/24", "reserved for protocols"},
                                            {"224.0.0.0/4", "multicast"},
                                            {"240.0.0.0/4", "reserved or broadcast"}}};
constexpr std::array<Special, 5> kSpecial6{{{"::/127", "unspecified or the client's own loopback"},
                                            {"::fffe:0:0/95", "IPv4-mapped"},
                                            {"100::/64", "discard-only"},
                                            {"fe80::/10", "link-local"},
                                            {"ff00::/8", "multicast"}}};

std::string_view special_use(const Prefix& address)
{
    const auto find = [&](std::span<const Special> list) -> std::string_view {
        for (const auto& [text, what] : list)
            if (const auto prefix = parse_prefix(text); prefix && prefix->contains(address))
                return what;
        return {};
    };
    return address.v6 ? find(kSpecial6) : find(kSpecial4);
}

std::optional<Prefix> parse_sinkhole_address(const Fields& fields, std::string_view key)
{
    const bool v6 = key == "ipv6";
    const auto value = fields.find(key, Type::String);
    if (!value)
        return std::nullopt;
    const std::string remedy = fmt::format("write one {} address, e.g. {}", v6 ? "IPv6" : "IPv4",
                                           v6 ? "2001:db8::53" : "192.0.2.53");
    const auto address = parse_address(value->text());
    if (!address || address->v6 != v6) {
        fields.problem(key, *value, fmt::format("is not an {} address", v6 ? "IPv6" : "IPv4"), remedy);
        return std::nullopt;
    }
    if (const auto what = special_use(*address); !what.empty()) {
        fields.problem(key, *value, fmt::format("is {}: no stop page can be there", what),
                       "write the address of the stop page");
        return std::nullopt;
    }
    return *address;
}

bool url_character(char c)
{
    constexpr std::string_view kPunctuation = "-._~:/?#[]@!$&'()*+,;=%";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPunctuation.find(c) != kPunctuation.npos;
}

std::string parse_url(const Fields& fields, std::string_view key)
{
    const auto value = fields.find(key, Type::String);
    if (!value)
        return {};
    if (const auto fault = url_fault(value->text()); !fault.empty())
        fields.problem(key, *value, std::string(fault), "write e.g. https://isp.example/blocked");
    return std::string(value->text());
}

} // namespace

std::string_view url_fault(std::string_view url)
{
    static const std::string kTooLong =
        fmt::format("is too long for a notice: the limit is {} bytes, and & counts for 5", kNoticeUrlMax);
    const auto scheme = url.find("://");
    if (scheme == url.npos || (url.substr(0, scheme) != "https" && url.substr(0, scheme) != "http"))
        return "is not a URL with http or https";
    const auto host = url.substr(scheme + 3);
    if (host.empty() || !std::isalnum(static_cast<unsigned char>(host.front())))
        return "is a URL without a host";
    if (!std::ranges::all_of(url, url_character))
        return "has a character that no URL may have; write it as % and two hex digits";
    const auto escaped =
        static_cast<std::size_t>(std::ranges::count_if(url, [](char c) { return c == '&' || c == '\''; }));
    return url.size() + 4 * escaped > kNoticeUrlMax ? std::string_view(kTooLong) : std::string_view();
}

Sinkhole parse_sinkhole(const Fields& order, const Path& path, Report& report, const Actions& actions)
{
    const bool wanted = actions[INTERDICT_CHANNEL_DNS] == INTERDICT_ACTION_SINKHOLE;
    const auto object = order.find("sinkhole", Type::Object);
    if (!object) {
        if (wanted && !order.find("sinkhole"))
            report.missing(path.at("sinkhole"), order.value(), "is missing: actions.dns is \"sinkhole\"",
                           "add \"sinkhole\": {\"ipv4\": ..., \"ipv6\": ...} with the stop page's addresses");
        return {};
    }
    const Path here = path.at("sinkhole");
    const std::size_t before = report.count();
    const Fields fields(*object, here, report, kSinkholeKeys);
    Sinkhole sinkhole{.ipv4 = parse_sinkhole_address(fields, "ipv4"),
                      .ipv6 = parse_sinkhole_address(fields, "ipv6")};
    if (!wanted)
        report.missing(here, *object, "stands in an order whose actions.dns is not \"sinkhole\"",
                       "add \"actions\": {\"dns\": \"sinkhole\"} or remove it");
    else if (!sinkhole.ipv4 && !sinkhole.ipv6 && report.count() == before)
        report.missing(here, *object, "has no address", "write \"ipv4\", \"ipv6\" or both");
    return sinkhole;
}

Notice parse_notice(const Fields& fields, const Path& path, Report& report, const Notice& otherwise)
{
    const auto object = fields.find("notice", Type::Object);
    if (!object)
        return otherwise;
    const Path here = path.at("notice");
    const Fields notice(*object, here, report, kNoticeKeys);
    Notice out;
    if (!notice.find("blocked_by"))
        report.missing(here.at("blocked_by"), *object, "is missing",
                       "write a URL of whoever carries out the block (RFC 7725, section 4)");
    out.blocked_by = parse_url(notice, "blocked_by");
    out.complaint = parse_url(notice, "complaint");
    if (notice.find("text")) {
        out.text = notice.require_text("text", "write what a blocked user should know");
        if (const auto value = notice.find("text");
            out.text.size() > kNoticeTextMax && out.text.size() <= 1024)
            notice.problem("text", *value, fmt::format("is longer than {} bytes", kNoticeTextMax),
                           "shorten it, or put it behind the URL");
    }
    return out;
}

} // namespace interdict::order
