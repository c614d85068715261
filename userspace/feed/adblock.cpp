// SPDX-License-Identifier: Apache-2.0
//
// Filter rules of ad blockers, of which only ||NAME^ says a whole host and nothing less.
#include <algorithm>
#include <array>

#include "feed/formats.h"
#include "feed/lines.h"

namespace interdict::feed {

namespace {

// Modifiers that leave the rule what it is for every request to the host.
bool harmless(std::string_view modifiers)
{
    static constexpr std::array<std::string_view, 3> kHarmless{"important", "all", "document"};
    while (!modifiers.empty()) {
        const std::size_t comma = std::min(modifiers.find(','), modifiers.size());
        if (std::ranges::find(kHarmless, modifiers.substr(0, comma)) == kHarmless.end())
            return false;
        modifiers.remove_prefix(std::min(comma + 1, modifiers.size()));
    }
    return true;
}

bool comment(std::string_view line) { return line.empty() || line.front() == '!' || line.front() == '['; }

bool cosmetic(std::string_view line)
{
    return line.find("##") != line.npos || line.find("#@#") != line.npos || line.find("#?#") != line.npos ||
           line.find("#$#") != line.npos;
}

// The host of ||HOST^ with or without modifiers, empty if the rule is anything else.
struct Rule {
    std::string_view host;
    std::string_view modifiers;
};
Rule host_rule(std::string_view text)
{
    if (!text.starts_with("||"))
        return {};
    text.remove_prefix(2);
    Rule rule;
    if (const auto dollar = text.find('$'); dollar != text.npos) {
        rule.modifiers = text.substr(dollar + 1);
        text = text.substr(0, dollar);
    }
    if (text.ends_with('|'))
        text.remove_suffix(1);
    if (!text.ends_with('^'))
        return {};
    text.remove_suffix(1);
    if (text.find_first_of("^*/|") != text.npos && !text.starts_with("*."))
        return {};
    rule.host = text;
    return rule;
}

} // namespace

Result<void> read_adblock(std::string_view text, Builder& builder)
{
    Lines lines(text);
    while (const auto raw = lines.next()) {
        const std::string_view line = trimmed(*raw);
        if ((lines.number() & 0xfff) == 0)
            builder.progress(lines.offset());
        if (comment(line))
            continue;
        if (cosmetic(line)) {
            builder.ignore(lines.number(), line, "hides parts of pages, blocks no host");
            continue;
        }
        const bool exception = line.starts_with("@@");
        const Rule rule = host_rule(exception ? line.substr(2) : line);
        if (rule.host.empty()) {
            builder.quarantine(lines.number(), line, "is a pattern, not a whole host",
                               "only ||NAME^ can be carried out exactly");
        } else if (exception) {
            if (const auto name = read_name(rule.host, order::Match::Subtree, builder.options()))
                builder.list().passthru.push_back(name->name);
            else
                builder.take(lines.number(), line, name);
        } else if (!harmless(rule.modifiers)) {
            builder.quarantine(lines.number(), line, "blocks some requests to the host only",
                               "a host rule cannot tell them apart; leave it out, or list the host");
        } else {
            builder.take(lines.number(), line,
                         read_name(rule.host, order::Match::Subtree, builder.options()));
        }
    }
    return {};
}

} // namespace interdict::feed
