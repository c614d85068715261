// SPDX-License-Identifier: Apache-2.0
#include "daemon/tokens.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>
#include <sodium.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "order/problem.h"

namespace interdict::daemon {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> kRoles{"none", "read", "operate", "approve"};
constexpr char kPrefix[] = "interdict_"; // tells scanners of leaked secrets what it is
constexpr std::size_t kBytes = 32;
constexpr std::size_t kFileMax = std::size_t{4} << 20;

bool plain(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
    });
}

std::optional<Token> read_token(const Json& json)
{
    const auto text = [&](const char* key) {
        const auto found = json.find(key);
        return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    if (!json.is_object())
        return std::nullopt;
    const auto role = role_named(text("role"));
    Token token{.name = text("name"), .role = role.value_or(Role::None), .hash = text("hash")};
    if (const auto created = json.find("created"); created != json.end() && created->is_number_integer())
        token.created = created->get<std::int64_t>();
    const bool good = role && plain(token.name) && is_hex_256(token.hash);
    return good ? std::optional(std::move(token)) : std::nullopt;
}

} // namespace

std::string_view to_string(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

std::optional<Role> role_named(std::string_view name)
{
    for (const Role role : {Role::Read, Role::Operate, Role::Approve})
        if (name == to_string(role))
            return role;
    return std::nullopt;
}

Result<Tokens> Tokens::load(const std::filesystem::path& file)
{
    INTERDICT_TRY(const auto text, read_file(file, kFileMax));
    struct stat info = {};
    if (::stat(file.c_str(), &info) == 0 && (info.st_mode & (S_IRWXO | S_IWGRP)) != 0)
        return fail("{}: others may read or change it; chmod 600", file.string());
    const auto json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("tokens") || !json["tokens"].is_array())
        return fail("{}: is not a file of tokens", file.string());
    Tokens tokens;
    for (const auto& entry : json["tokens"]) {
        auto token = read_token(entry);
        if (!token)
            return fail("{}: token {} is damaged", file.string(), tokens.tokens_.size() + 1);
        tokens.tokens_.push_back(*std::move(token));
    }
    return tokens;
}

Result<void> Tokens::save(const std::filesystem::path& file) const
{
    Json list = Json::array();
    for (const auto& token : tokens_)
        list.push_back({{"name", token.name},
                        {"role", to_string(token.role)},
                        {"hash", token.hash},
                        {"created", token.created}});
    return write_file(file, Json{{"tokens", list}}.dump(2) + "\n", 0600);
}

Result<std::string> Tokens::add(const std::string& name, Role role, std::int64_t time)
{
    if (!plain(name))
        return fail("\"{}\" is not a name for a token; write letters, digits, - _ and ., at most 64",
                    order::printable(name));
    if (std::ranges::find(tokens_, name, &Token::name) != tokens_.end())
        return fail("there is a token {} already; remove it first, or give this one another name", name);
    if (::sodium_init() < 0)
        return fail("the random number generator does not start");
    std::array<unsigned char, kBytes> bytes;
    ::randombytes_buf(bytes.data(), bytes.size());
    std::array<char, sodium_base64_ENCODED_LEN(kBytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING)> text;
    ::sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    std::string token = kPrefix + std::string(text.data());
    // 256 random bits cannot be guessed: a slow hash would only slow down who has the token.
    tokens_.push_back({.name = name, .role = role, .hash = blake2b_256(token), .created = time});
    return token;
}

Result<void> Tokens::remove(std::string_view name)
{
    if (std::erase_if(tokens_, [&](const Token& token) { return token.name == name; }) == 0)
        return fail("there is no token {}", order::printable(name));
    return {};
}

const Token* Tokens::find(std::string_view text) const
{
    const std::string hash = blake2b_256(text);
    const Token* found = nullptr;
    for (const auto& token : tokens_)
        if (::sodium_memcmp(token.hash.data(), hash.data(), hash.size()) == 0)
            found = &token;
    return found;
}

} // namespace interdict::daemon
