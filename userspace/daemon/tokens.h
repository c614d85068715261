// SPDX-License-Identifier: Apache-2.0
//
// tokens.h: who may use the API over TCP. A token is 32 random bytes, shown once; the file has its hash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace interdict::daemon {

// What may be done; each includes those before it.
enum class Role : std::uint8_t {
    None,
    Read,    // everything that changes nothing
    Operate, // orders, feeds, applying
    Approve, // decide on proposals, roll back, reload
};

[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] std::optional<Role> role_named(std::string_view name); // read, operate, approve

struct Token {
    std::string name;
    Role role = Role::Read;
    std::string hash;         // BLAKE2b-256 of the token's text, 64 hex digits
    std::int64_t created = 0; // seconds since the epoch
};

class Tokens {
public:
    // {"tokens": [{"name", "role", "hash", "created"}]}. Errors: not there, others may read it, damaged.
    [[nodiscard]] static Result<Tokens> load(const std::filesystem::path& file);

    // As the file has them, for root alone.
    [[nodiscard]] Result<void> save(const std::filesystem::path& file) const;

    // The token that is handed to its holder; nothing keeps it. Errors: the name is taken or not plain.
    [[nodiscard]] Result<std::string> add(const std::string& name, Role role, std::int64_t time);
    [[nodiscard]] Result<void> remove(std::string_view name);

    // Null if nobody has it. Takes the same time wherever the text differs.
    [[nodiscard]] const Token* find(std::string_view text) const;
    [[nodiscard]] const std::vector<Token>& all() const { return tokens_; }

private:
    std::vector<Token> tokens_;
};

} // namespace interdict::daemon
