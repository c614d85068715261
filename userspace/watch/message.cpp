// SPDX-License-Identifier: Apache-2.0
#include "watch/message.h"

#include <algorithm>
#include <array>
#include <memory>

#include <ares.h>

#include <arpa/inet.h>

namespace interdict::watch {

namespace {

constexpr std::size_t kHeader = 12;
constexpr std::uint16_t kOpt = 41;
constexpr std::uint16_t kExtendedError = 15; // option code
constexpr std::uint16_t kIn = 1;

class Reader {
public:
    explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    [[nodiscard]] std::size_t at() const { return at_; }
    [[nodiscard]] bool has(std::size_t count) const { return bytes_.size() - at_ >= count; }
    void seek(std::size_t at) { at_ = at; }

    // Only after has().
    std::uint16_t u16()
    {
        const auto value = static_cast<std::uint16_t>(bytes_[at_] << 8 | bytes_[at_ + 1]);
        at_ += 2;
        return value;
    }
    std::uint32_t u32()
    {
        const std::uint32_t high = u16();
        return high << 16 | u16();
    }
    std::span<const std::uint8_t> take(std::size_t count)
    {
        const auto part = bytes_.subspan(at_, count);
        at_ += count;
        return part;
    }

    Result<std::string> name()
    {
        char* raw = nullptr;
        long length = 0;
        if (!has(1) || ares_expand_name(bytes_.data() + at_, bytes_.data(), static_cast<int>(bytes_.size()),
                                        &raw, &length) != ARES_SUCCESS)
            return fail("the answer has a name that cannot be read at byte {}", at_);
        const std::unique_ptr<char, void (*)(void*)> owner(raw, ares_free_string);
        at_ += static_cast<std::size_t>(length);
        std::string name(raw);
        std::ranges::transform(name, name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        });
        return name;
    }

private:
    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
};

std::string address_text(std::span<const std::uint8_t> bytes, bool v6)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), text.data(), text.size());
    return text.data();
}

// The value of a record of `length` bytes at the reader; nothing for types that nobody asks for.
Result<std::optional<std::string>> read_value(Reader& in, std::uint16_t type, std::size_t length)
{
    switch (static_cast<Type>(type)) {
    case Type::A:
    case Type::Aaaa: {
        const bool v6 = static_cast<Type>(type) == Type::Aaaa;
        if (length != (v6 ? 16u : 4u))
            return fail("the answer has an address of {} bytes", length);
        return address_text(in.take(length), v6);
    }
    case Type::Mx:
        if (length < 3)
            return fail("the answer has an MX record of {} bytes", length);
        in.u16(); // preference
        return in.name();
    case Type::Ns:
    case Type::Cname:
        return in.name();
    case Type::Soa: {
        INTERDICT_TRY(const auto primary, in.name());
        INTERDICT_TRY(const auto responsible, in.name());
        return primary + " " + responsible;
    }
    }
    return std::nullopt;
}

std::optional<std::uint16_t> find_extended_error(std::span<const std::uint8_t> options)
{
    Reader in(options);
    while (in.has(4)) {
        const auto code = in.u16();
        const std::size_t length = in.u16();
        if (!in.has(length))
            break;
        if (code == kExtendedError && length >= 2)
            return in.u16();
        in.take(length);
    }
    return std::nullopt;
}

Result<void> read_record(Reader& in, bool answer, Message& out)
{
    INTERDICT_TRY(auto owner, in.name());
    if (!in.has(10))
        return fail("the answer is cut off at byte {}", in.at());
    const auto type = in.u16();
    const auto record_class = in.u16();
    const auto ttl = in.u32();
    const std::size_t length = in.u16();
    if (!in.has(length))
        return fail("the answer is cut off at byte {}", in.at());
    const std::size_t end = in.at() + length;
    if (type == kOpt) {
        out.rcode |= ttl >> 24 << 4;
        out.extended_error = find_extended_error(in.take(length));
    } else if (answer && record_class == kIn) {
        INTERDICT_TRY(auto value, read_value(in, type, length));
        if (in.at() > end)
            return fail("the answer has a record that is longer than it says");
        if (value)
            out.answers.push_back({std::move(owner), static_cast<Type>(type), ttl, *std::move(value)});
    }
    in.seek(end);
    return {};
}

} // namespace

Result<Message> read_message(std::span<const std::uint8_t> bytes)
{
    Reader in(bytes);
    if (!in.has(kHeader))
        return fail("the answer has {} bytes, fewer than a header", bytes.size());
    in.u16(); // id, which c-ares has compared
    const auto flags = in.u16();
    if (!(flags & 0x8000))
        return fail("the answer is a question");
    const auto questions = in.u16();
    const unsigned answers = in.u16();
    const unsigned authority = in.u16();
    const unsigned additional = in.u16();
    Message message;
    message.rcode = flags & 0xf;
    for (unsigned i = 0; i < questions; ++i) {
        INTERDICT_TRY(const auto name, in.name());
        if (!in.has(4))
            return fail("the answer is cut off at byte {}", in.at());
        in.take(4);
    }
    for (unsigned i = 0; i < answers + authority + additional; ++i)
        INTERDICT_CHECK(read_record(in, i < answers, message));
    return message;
}

std::string rcode_name(unsigned rcode)
{
    static constexpr std::array<std::string_view, 6> kNames{"NOERROR",  "FORMERR", "SERVFAIL",
                                                            "NXDOMAIN", "NOTIMP",  "REFUSED"};
    return rcode < kNames.size() ? std::string(kNames[rcode]) : fmt::format("RCODE{}", rcode);
}

} // namespace interdict::watch
