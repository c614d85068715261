// SPDX-License-Identifier: Apache-2.0
//
// json_tree.h: JSON text as a flat tree that remembers where each value stood.
//
// Lists of a million targets make a DOM of nodes with their own allocations slow and large; here a value is
// 40 bytes in one array and all text lies in one arena. nlohmann's parser does the reading, and its
// exceptions stay inside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace interdict::order {

class JsonTree;

// One value of a tree, cheap to copy; valid as long as the tree is neither destroyed nor read anew.
class JsonValue {
public:
    enum class Type : std::uint8_t { Null, Boolean, Integer, Number, String, List, Object };

    [[nodiscard]] Type type() const;
    [[nodiscard]] std::string_view type_name() const; // "a string", "a list", ...
    [[nodiscard]] bool is(Type wanted) const { return type() == wanted; }

    // The string, or a scalar as it was written.
    [[nodiscard]] std::string_view text() const;
    [[nodiscard]] bool boolean() const;
    // Of an Integer that fits; Integers beyond 64 bits are read as Number.
    [[nodiscard]] std::int64_t integer() const;

    // Key of a member of an object, empty elsewhere.
    [[nodiscard]] std::string_view key() const;
    // This key stood before in the same object.
    [[nodiscard]] bool repeated() const;
    // Bytes from the start of the text to the end of the value (a list's or object's opening bracket).
    [[nodiscard]] std::size_t offset() const;

    class Iterator;
    [[nodiscard]] Iterator begin() const; // members or elements; none for scalars
    [[nodiscard]] Iterator end() const;
    [[nodiscard]] std::size_t size() const; // walks them

private:
    friend class JsonTree;
    JsonValue(const JsonTree* tree, std::uint32_t index) : tree_(tree), index_(index) {}

    const JsonTree* tree_;
    std::uint32_t index_;
};

// What made a text unreadable.
struct SyntaxFault {
    std::size_t offset = 0; // bytes
    std::string message;
};

class JsonTree {
public:
    static constexpr std::size_t kDepthMax = 32;
    static constexpr std::size_t kMembersMax = 64;                // of one object
    static constexpr std::size_t kTextMax = std::size_t{2} << 30; // bytes

    // Replaces what was read before. Errors: not JSON (RFC 8259), not UTF-8, deeper than kDepthMax, an object
    // of more than kMembersMax members, a longer text than kTextMax.
    [[nodiscard]] std::expected<void, SyntaxFault> read(std::string_view json);

    // Only after a successful read().
    [[nodiscard]] JsonValue root() const { return JsonValue(this, 0); }

private:
    friend class JsonValue;
    friend class TreeBuilder;

    struct Node {
        std::uint32_t key = 0; // into arena_
        std::uint32_t key_length = 0;
        std::uint32_t text = 0;
        std::uint32_t text_length = 0;
        std::uint32_t offset = 0;
        std::uint32_t end = 0; // index of the first node after this one and all below it
        JsonValue::Type type = JsonValue::Type::Null;
        bool repeated = false;
    };

    std::vector<Node> nodes_;
    std::string arena_;
};

class JsonValue::Iterator {
public:
    Iterator(const JsonTree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
    JsonValue operator*() const { return JsonValue(tree_, index_); }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

private:
    const JsonTree* tree_;
    std::uint32_t index_;
};

// Line and column, both from 1, of a byte of the text.
struct Place {
    std::size_t line = 1;
    std::size_t column = 1;
};
[[nodiscard]] Place place_of(std::string_view json, std::size_t offset);

} // namespace interdict::order
