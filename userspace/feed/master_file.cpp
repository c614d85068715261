// SPDX-License-Identifier: Apache-2.0
#include "feed/master_file.h"

#include <algorithm>

#include "feed/lines.h"
#include "order/problem.h"

namespace interdict::feed {

namespace {

char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// "3600", "1h30m"
bool is_ttl(std::string_view token)
{
    return !token.empty() && token.front() >= '0' && token.front() <= '9' &&
           std::ranges::all_of(token, [](char c) {
               c = lower_letter(c);
               return (c >= '0' && c <= '9') || c == 's' || c == 'm' || c == 'h' || c == 'd' || c == 'w';
           });
}

bool is_class(std::string_view token)
{
    return token.size() == 2 && ((upper(token[0]) == 'I' && upper(token[1]) == 'N') ||
                                 (upper(token[0]) == 'C' && upper(token[1]) == 'H') ||
                                 (upper(token[0]) == 'H' && upper(token[1]) == 'S'));
}

std::string without_final_dot(std::string_view name)
{
    if (name.ends_with('.'))
        name.remove_suffix(1);
    std::string out(name);
    std::ranges::transform(out, out.begin(), lower_letter);
    return out;
}

} // namespace

MasterFile::MasterFile(std::string_view text, std::string origin) : text_(text), origin_(std::move(origin)) {}

MasterFile::Absolute MasterFile::absolute(std::string_view name) const
{
    if (name == "@")
        return {origin_, !origin_.empty()};
    Absolute out{without_final_dot(name), true};
    if (name.ends_with('.'))
        return out;
    if (origin_.empty())
        out.known = false;
    else
        out.name += '.' + origin_;
    return out;
}

Result<bool> MasterFile::read_tokens()
{
    tokens_.clear();
    unsigned depth = 0;
    bool start = true; // of the entry's first line
    while (offset_ < text_.size()) {
        const char c = text_[offset_];
        if (c == '\n') {
            ++line_;
            ++offset_;
            if (depth == 0 && !tokens_.empty())
                return true;
            start = depth == 0;
            continue;
        }
        if (start) {
            first_line_ = line_;
            inherits_ = c == ' ' || c == '\t';
            start = false;
        }
        if (c == ';') {
            offset_ = std::min(text_.find('\n', offset_), text_.size());
        } else if (c == '(') {
            ++depth;
            ++offset_;
        } else if (c == ')') {
            if (depth == 0)
                return fail("line {}: a parenthesis is closed that was not opened", line_);
            --depth;
            ++offset_;
        } else if (c == '"') {
            std::size_t end = offset_ + 1;
            while (end < text_.size() && text_[end] != '"' && text_[end] != '\n')
                end += text_[end] == '\\' ? 2 : 1;
            if (end >= text_.size() || text_[end] == '\n')
                return fail("line {}: a quote is opened and not closed on its line", line_);
            tokens_.push_back(text_.substr(offset_ + 1, end - offset_ - 1));
            offset_ = end + 1;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f') {
            ++offset_;
        } else {
            std::size_t end = offset_;
            while (end < text_.size() &&
                   std::string_view(" \t\r\n\v\f;()\"").find(text_[end]) == std::string_view::npos)
                end += text_[end] == '\\' && end + 1 < text_.size() && text_[end + 1] != '\n' ? 2 : 1;
            end = std::min(end, text_.size());
            tokens_.push_back(text_.substr(offset_, end - offset_));
            offset_ = end;
        }
    }
    if (depth != 0)
        return fail("line {}: a parenthesis is opened and never closed; is the zone whole?", first_line_);
    return !tokens_.empty();
}

Result<bool> MasterFile::directive()
{
    const std::string_view name = tokens_.front();
    if (inherits_ || !name.starts_with('$'))
        return false;
    if (name == "$TTL")
        return true;
    if (name == "$ORIGIN") {
        if (tokens_.size() < 2)
            return fail("line {}: $ORIGIN without a name", first_line_);
        const Absolute origin = absolute(tokens_[1]);
        origin_ = origin.name;
        return true;
    }
    return fail("line {}: {} makes records out of more than this file; flatten the zone first, e.g. with "
                "named-compilezone",
                first_line_, order::printable(name, 40));
}

Result<bool> MasterFile::next(ZoneRecord& record)
{
    while (true) {
        INTERDICT_TRY(const bool any, read_tokens());
        if (!any)
            return false;
        INTERDICT_TRY(const bool directed, directive());
        if (!directed)
            break;
    }
    std::size_t at = 0;
    if (!inherits_)
        owner_ = tokens_[at++];
    else if (owner_.empty())
        return fail("line {}: a record without an owner, and none before it", first_line_);
    while (at < tokens_.size() && (is_ttl(tokens_[at]) || is_class(tokens_[at])))
        ++at;
    if (at >= tokens_.size())
        return fail("line {}: a record without a type", first_line_);
    record.line = first_line_;
    record.owner = owner_;
    record.type.assign(tokens_[at]);
    std::ranges::transform(record.type, record.type.begin(), upper);
    record.data.assign(tokens_.begin() + static_cast<std::ptrdiff_t>(at) + 1, tokens_.end());
    return true;
}

} // namespace interdict::feed
