// SPDX-License-Identifier: Apache-2.0
#include "daemon/pages/html.h"

#include <bit>

#include <sodium.h>

#include "base/clock.h"
#include "base/digest.h"
#include "evidence/html_text.h"

namespace interdict::daemon::pages {

namespace {

constexpr std::string_view kStyle =
    R"(:root{color-scheme:light dark;--ink:#1a1a1a;--faint:#555;--line:#d4d4d4;
--paper:#fff;--back:#f3f3f1;--mark:#9b1c1c;--good:#14632f;--link:#0b4f9e}
@media(prefers-color-scheme:dark){:root{--ink:#ececec;--faint:#b0b0b0;--line:#444;--paper:#1e1e1e;--back:#121212;
--mark:#ff9a8f;--good:#7fd79b;--link:#8ab8ff}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:1.0625rem/1.55 system-ui,sans-serif}
main{max-width:42rem;margin:2.5rem auto;padding:2rem;background:var(--paper);border:1px solid var(--line);
border-radius:.5rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
.mark{color:var(--mark)}.good{color:var(--good)}b,dd,h1{overflow-wrap:anywhere}
a{color:var(--link)}dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.35rem 1.25rem;margin:.5rem 0}
dt{color:var(--faint)}dd{margin:0}blockquote{margin:1rem 0;padding:.1rem 1rem;border-left:.25rem solid var(--line)}
footer{margin-top:2rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--faint);font-size:.9375rem}
form{display:flex;flex-wrap:wrap;gap:.5rem;margin:1rem 0}label{flex:1 0 100%}
input{flex:1 1 14rem;min-width:0;font:inherit;padding:.5rem .6rem;color:inherit;background:var(--back);
border:1px solid var(--faint);border-radius:.3rem}
button{font:inherit;padding:.5rem 1.2rem;color:var(--paper);background:var(--link);border:0;border-radius:.3rem}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
@media(max-width:34rem){main{margin:0;border:0;border-radius:0;padding:1.25rem}dl{grid-template-columns:1fr;gap:0}
dd{margin-bottom:.6rem}})";

// A link only where it leads to what a browser may open.
std::string linked(std::string_view url)
{
    const bool safe = url.starts_with("https://") || url.starts_with("http://") ||
                      url.starts_with("mailto:") || url.starts_with("tel:");
    auto text = url;
    for (const std::string_view scheme : {"mailto:", "tel:"})
        if (text.starts_with(scheme))
            text.remove_prefix(scheme.size());
    return safe ? fmt::format(R"(<a href="{}" rel="noreferrer">{}</a>)", evidence::html_text(url),
                              evidence::html_text(text))
                : evidence::html_text(url);
}

std::string framed(std::string_view title, std::string_view body)
{
    return fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"robots\" content=\"noindex\">\n<title>{}</title>\n<style>{}</style>\n"
                       "</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
                       evidence::html_text(title), kStyle, body);
}

std::string footer(const PagesConfig& config)
{
    std::string text = "<footer>\n";
    if (!config.who.empty())
        text += fmt::format("<p>{}</p>\n", evidence::html_text(config.who));
    return text +
           "<p>This page sets no cookie, loads nothing from elsewhere, and keeps no record of your visit."
           "</p>\n</footer>\n";
}

std::string row(std::string_view term, std::string_view html)
{
    return fmt::format("<dt>{}</dt><dd>{}</dd>\n", term, html);
}

std::string kind_text(order::Kind kind)
{
    return kind == order::Kind::CourtOrder ? "Order of a court" : "Order of an authority";
}

std::string means_text(const order::Order& order)
{
    if (!order.targets.front().target.is_name())
        return "IP address";
    std::string text;
    constexpr std::string_view kWords[INTERDICT_CHANNEL_MAX] = {"IP address", "name in TLS", "name in QUIC",
                                                                "DNS queries", "unencrypted web pages"};
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (order.means & INTERDICT_MEANS(channel))
            text += fmt::format("{}{}", text.empty() ? "" : ", ", kWords[channel]);
    return text;
}

std::string day(std::int64_t time) { return format_timestamp(time).substr(0, 10); }

std::string facts(const Blocking& blocking)
{
    const auto& order = blocking.order;
    const auto& document = order.document;
    std::string text =
        "<dl>\n" + row("Issued by", evidence::html_text(order.authority)) +
        row("Reference", evidence::html_text(order.reference)) +
        row("Kind", kind_text(order.kind) + ", " + evidence::html_text(order.jurisdiction)) +
        row("Issued", day(order.issued)) +
        row("In force", blocking.until == 0 ? "since " + day(order.effective)
                                            : day(order.effective) + " to " + day(blocking.until)) +
        row("Blocked", evidence::html_text(to_string(order.targets.front().target))) +
        row("By", means_text(order));
    if (document && !document->uri.empty())
        text += row("Document", linked(document->uri));
    text += "</dl>\n";
    if (!order.notice.text.empty())
        text += fmt::format("<blockquote><p>{}</p></blockquote>\n", evidence::html_text(order.notice.text));
    return text;
}

std::string complaints(const Looked& looked, const PagesConfig& config)
{
    std::string list;
    const auto entry = [&](std::string_view what, std::string_view url) {
        list += fmt::format("<li>{}: {}</li>\n", what, linked(url));
    };
    for (const auto& [order, until] : looked.blocking)
        if (!order.notice.complaint.empty())
            entry(fmt::format("against the order {}", evidence::html_text(order.reference)),
                  order.notice.complaint);
    if (!config.contact.empty())
        entry("to your provider, if you think that this is a mistake", config.contact);
    if (list.empty())
        return "<h2>If you object</h2>\n<p>Turn to whoever issued the order.</p>\n";
    return fmt::format("<h2>If you object</h2>\n<ul>\n{}</ul>\n", list);
}

std::string orders_of(const Looked& looked)
{
    std::string text;
    for (const auto& blocking : looked.blocking)
        text += (looked.blocking.size() > 1
                     ? fmt::format("<h2>Order {}</h2>\n", evidence::html_text(blocking.order.reference))
                     : std::string()) +
                facts(blocking);
    return text;
}

} // namespace

std::string content_policy()
{
    static const std::string policy = [] {
        const std::string hex = sha256(kStyle);
        std::array<unsigned char, 32> bytes{};
        sodium_hex2bin(bytes.data(), bytes.size(), hex.data(), hex.size(), nullptr, nullptr, nullptr);
        std::array<char, sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)> text{};
        sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                          sodium_base64_VARIANT_ORIGINAL);
        return fmt::format("default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; "
                           "frame-ancestors 'none'",
                           text.data());
    }();
    return policy;
}

std::string blocked_by(const Looked& looked, const PagesConfig& config)
{
    for (const auto& [order, until] : looked.blocking)
        if (!order.notice.blocked_by.empty())
            return order.notice.blocked_by;
    return config.contact.starts_with("http") ? config.contact : std::string();
}

std::string stop_page(const Looked& looked, const PagesConfig& config)
{
    const auto where =
        config.who.empty() ? "in this network" : "in the network of " + evidence::html_text(config.who);
    return framed(
        fmt::format("{} is blocked", looked.query),
        fmt::format(
            "<h1><span class=\"mark\">Blocked by legal order</span></h1>\n"
            "<p>Access to <b>{}</b> is restricted {} because the law requires it. The site itself is not "
            "changed.</p>\n{}{}{}",
            evidence::html_text(looked.query), where, orders_of(looked), complaints(looked, config),
            footer(config)));
}

std::string not_blocked_page(std::string_view host, const PagesConfig& config)
{
    return framed(
        "Not blocked",
        fmt::format("<h1>Not blocked</h1>\n<p><b>{}</b> is not blocked here, or not any more. Your "
                    "browser may still remember this address: try again in a few minutes.</p>\n{}{}",
                    evidence::html_text(host),
                    config.contact.empty()
                        ? std::string()
                        : fmt::format("<p>If it goes on: {}</p>\n", linked(config.contact)),
                    footer(config)));
}

std::string fault_page(const PagesConfig& config)
{
    return framed("Out of order",
                  "<h1>Out of order</h1>\n<p>The list of orders cannot be read at the moment. "
                  "Please try again later.</p>\n" +
                      footer(config));
}

std::string lookup_page(std::string_view query, const std::optional<Looked>& looked, std::string_view fault,
                        const PagesConfig& config)
{
    std::string body = fmt::format(
        "<h1>Is it blocked here?</h1>\n<form method=\"get\" action=\"/\">\n<label for=\"name\">Name "
        "of a site, or an address</label>\n<input id=\"name\" name=\"name\" value=\"{}\" "
        "maxlength=\"2048\" autocapitalize=\"none\" autocomplete=\"off\" spellcheck=\"false\" required>\n"
        "<button type=\"submit\">Look up</button>\n</form>\n",
        evidence::html_text(query));
    if (!fault.empty())
        body += fmt::format("<p role=\"alert\" class=\"mark\">{}</p>\n", evidence::html_text(fault));
    if (looked && looked->blocking.empty())
        body +=
            fmt::format("<h2 class=\"good\">Not blocked</h2>\n<p><b>{}</b> is not blocked here by any order. "
                        "If you cannot reach it, the cause is elsewhere.</p>\n",
                        evidence::html_text(looked->query));
    else if (looked)
        body +=
            fmt::format("<h2 class=\"mark\">Blocked</h2>\n<p><b>{}</b> is blocked here by legal order.</p>\n"
                        "{}{}",
                        evidence::html_text(looked->query), orders_of(*looked), complaints(*looked, config));
    return framed("Is it blocked here?", body + footer(config));
}

} // namespace interdict::daemon::pages
