// SPDX-License-Identifier: Apache-2.0
#include "order/json_tree.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include <nlohmann/json.hpp>

namespace interdict::order {

namespace {

// Tells the builder how far the lexer has read; nlohmann's events carry no position.
struct Reader {
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    const char* at;
    const char** seen;

    const char& operator*() const { return *at; }
    Reader& operator++()
    {
        *seen = ++at;
        return *this;
    }
    Reader operator++(int)
    {
        Reader before = *this;
        ++*this;
        return before;
    }
    bool operator==(const Reader& other) const { return at == other.at; }
    bool operator!=(const Reader& other) const { return at != other.at; }
};

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..." without its preamble.
std::string plain_message(std::string_view what)
{
    if (const auto bracket = what.find("] "); what.starts_with('[') && bracket != what.npos)
        what.remove_prefix(bracket + 2);
    if (what.starts_with("parse error"))
        if (const auto colon = what.find(": "); colon != what.npos)
            what.remove_prefix(colon + 2);
    if (what.starts_with("syntax error "))
        what.remove_prefix(std::string_view("syntax error ").size());
    return std::string(what);
}

} // namespace

// SAX events into nodes, depth first.
class TreeBuilder {
public:
    TreeBuilder(JsonTree& tree, const char* begin, const char* const* seen)
        : nodes_(tree.nodes_), arena_(tree.arena_), begin_(begin), seen_(seen)
    {
    }

    [[nodiscard]] SyntaxFault take_fault() { return std::move(fault_); }

    bool null() { return scalar(Type::Null, "null"); }
    bool boolean(bool value) { return scalar(Type::Boolean, value ? "true" : "false"); }
    bool number_integer(std::int64_t value) { return integer(value); }
    bool number_unsigned(std::uint64_t value)
    {
        if (value > static_cast<std::uint64_t>(INT64_MAX))
            return scalar(Type::Number, std::to_string(value));
        return integer(static_cast<std::int64_t>(value));
    }
    bool number_float(double, const std::string& text) { return scalar(Type::Number, text); }
    bool string(const std::string& value) { return scalar(Type::String, value); }
    bool binary(const std::vector<std::uint8_t>&) { return false; }

    bool start_object(std::size_t) { return open(Type::Object); }
    bool start_array(std::size_t) { return open(Type::List); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(const std::string& name)
    {
        std::vector<Span>& members = open_[depth_ - 1].members;
        if (members.size() == JsonTree::kMembersMax)
            return refuse(fmt::format("an object has more than {} members", JsonTree::kMembersMax));
        key_ = keep(name);
        repeated_ = std::ranges::any_of(members, [&](Span other) { return view(other) == name; });
        members.push_back(key_);
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error)
    {
        fault_ = SyntaxFault{position > 0 ? position - 1 : 0, plain_message(error.what())};
        return false;
    }

private:
    using Type = JsonValue::Type;

    struct Span {
        std::uint32_t at = 0;
        std::uint32_t length = 0;
    };

    struct Frame {
        std::uint32_t node = 0;
        std::vector<Span> members; // keys so far; keeps its memory for the next object of this depth
    };

    [[nodiscard]] std::size_t position() const { return static_cast<std::size_t>(*seen_ - begin_); }

    // The lexer knows the end of a number only from the character after it, which may be a line end.
    [[nodiscard]] std::size_t position_of(Type type) const
    {
        const bool number = type == Type::Integer || type == Type::Number;
        return position() - (number && position() > 0 ? 1 : 0);
    }
    [[nodiscard]] std::string_view view(Span span) const { return {arena_.data() + span.at, span.length}; }

    Span keep(std::string_view text)
    {
        const Span span{static_cast<std::uint32_t>(arena_.size()), static_cast<std::uint32_t>(text.size())};
        arena_.append(text);
        return span;
    }

    JsonTree::Node& add(Type type)
    {
        JsonTree::Node& node = nodes_.emplace_back();
        node.key = key_.at;
        node.key_length = key_.length;
        node.offset = static_cast<std::uint32_t>(position_of(type));
        node.end = static_cast<std::uint32_t>(nodes_.size());
        node.type = type;
        node.repeated = repeated_;
        key_ = {};
        repeated_ = false;
        return node;
    }

    bool scalar(Type type, std::string_view text)
    {
        const Span span = keep(text);
        JsonTree::Node& node = add(type);
        node.text = span.at;
        node.text_length = span.length;
        return true;
    }

    bool integer(std::int64_t value)
    {
        std::array<char, 24> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        return scalar(Type::Integer, {digits.data(), end});
    }

    bool open(Type type)
    {
        if (depth_ == JsonTree::kDepthMax)
            return refuse(fmt::format("nested more than {} deep", JsonTree::kDepthMax));
        add(type);
        Frame& frame = open_[depth_++];
        frame.node = static_cast<std::uint32_t>(nodes_.size() - 1);
        frame.members.clear();
        return true;
    }

    bool close()
    {
        nodes_[open_[--depth_].node].end = static_cast<std::uint32_t>(nodes_.size());
        return true;
    }

    bool refuse(std::string message)
    {
        fault_ = SyntaxFault{position(), std::move(message)};
        return false;
    }

    std::vector<JsonTree::Node>& nodes_;
    std::string& arena_;
    const char* begin_;
    const char* const* seen_;
    std::array<Frame, JsonTree::kDepthMax> open_;
    std::size_t depth_ = 0;
    Span key_;
    bool repeated_ = false;
    SyntaxFault fault_;
};

std::expected<void, SyntaxFault> JsonTree::read(std::string_view json)
{
    nodes_.clear();
    arena_.clear();
    if (json.size() > kTextMax)
        return std::unexpected(SyntaxFault{0, fmt::format("more than {} bytes of text", kTextMax)});
    // A value of an order file takes about 20 bytes of text; keys and strings together less than all of it.
    nodes_.reserve(json.size() / 20 + 1);
    arena_.reserve(json.size());

    const char* seen = json.data();
    TreeBuilder builder(*this, json.data(), &seen);
    const Reader first{json.data(), &seen};
    const Reader last{json.data() + json.size(), &seen};
    try {
        if (nlohmann::json::sax_parse(first, last, &builder))
            return {};
    } catch (const nlohmann::json::exception& error) {
        return std::unexpected(SyntaxFault{static_cast<std::size_t>(seen - json.data()), error.what()});
    }
    return std::unexpected(builder.take_fault());
}

JsonValue::Type JsonValue::type() const { return tree_->nodes_[index_].type; }

std::string_view JsonValue::type_name() const
{
    switch (type()) {
    case Type::Null:
        return "null";
    case Type::Boolean:
        return "a boolean";
    case Type::Integer:
        return "an integer";
    case Type::Number:
        return "a number that is no 64-bit integer";
    case Type::String:
        return "a string";
    case Type::List:
        return "a list";
    case Type::Object:
        return "an object";
    }
    return "nothing";
}

std::string_view JsonValue::text() const
{
    const JsonTree::Node& node = tree_->nodes_[index_];
    return {tree_->arena_.data() + node.text, node.text_length};
}

bool JsonValue::boolean() const { return is(Type::Boolean) && text() == "true"; }

std::int64_t JsonValue::integer() const
{
    std::int64_t value = 0;
    const std::string_view digits = text();
    if (is(Type::Integer))
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

std::string_view JsonValue::key() const
{
    const JsonTree::Node& node = tree_->nodes_[index_];
    return {tree_->arena_.data() + node.key, node.key_length};
}

bool JsonValue::repeated() const { return tree_->nodes_[index_].repeated; }

std::size_t JsonValue::offset() const { return tree_->nodes_[index_].offset; }

JsonValue::Iterator JsonValue::begin() const { return {tree_, index_ + 1}; }

JsonValue::Iterator JsonValue::end() const { return {tree_, tree_->nodes_[index_].end}; }

std::size_t JsonValue::size() const
{
    std::size_t count = 0;
    for (Iterator at = begin(); at != end(); ++at)
        ++count;
    return count;
}

JsonValue::Iterator& JsonValue::Iterator::operator++()
{
    index_ = tree_->nodes_[index_].end;
    return *this;
}

Place place_of(std::string_view json, std::size_t offset)
{
    const std::string_view before = json.substr(0, offset);
    const auto newline = before.rfind('\n');
    Place place;
    place.line = 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
    place.column = 1 + before.size() - (newline == before.npos ? 0 : newline + 1);
    return place;
}

} // namespace interdict::order
