// SPDX-License-Identifier: Apache-2.0
//
// pcapng.cpp: packets of a pcapng file (draft-ietf-opsawg-pcapng), with interfaces of any link types side by
// side: libpcap refuses such files as a whole.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/source.h"

namespace interdict::capture {

namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kOldPacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrder = 0x1a2b3c4d;
constexpr std::uint16_t kResolution = 9;
constexpr std::uint16_t kOffset = 14;
constexpr std::uint32_t kBlockMax = 64u << 20;
constexpr std::uint64_t kBillion = 1'000'000'000;

struct Interface {
    std::uint32_t link_type = 0;
    std::uint32_t snap_length = 0;   // 0 = none
    std::uint64_t units = 1'000'000; // of time stamps, per second
    std::int64_t offset = 0;         // seconds
};

class PcapngSource final : public Source {
public:
    explicit PcapngSource(Stream stream) : stream_(std::move(stream)) {}

    Result<Status> next(Frame& frame) override
    {
        for (;;) {
            INTERDICT_TRY(const Status status, read_block());
            if (status != Status::Frame)
                return status;
            if (type_ == kSectionHeader) {
                interfaces_.clear();
            } else if (type_ == kInterface) {
                INTERDICT_CHECK(add_interface());
            } else if (type_ == kEnhancedPacket || type_ == kOldPacket || type_ == kSimplePacket) {
                INTERDICT_CHECK(type_ == kSimplePacket ? simple_packet(frame) : packet(frame));
                return Status::Frame;
            }
        }
    }

private:
    template <class T>
    T get(std::size_t at) const
    {
        T value;
        std::memcpy(&value, body_.data() + at, sizeof value);
        if (swapped_)
            value = static_cast<T>(sizeof(T) == 2   ? __builtin_bswap16(static_cast<std::uint16_t>(value))
                                   : sizeof(T) == 4 ? __builtin_bswap32(static_cast<std::uint32_t>(value))
                                                    : __builtin_bswap64(value));
        return value;
    }

    bool read(void* to, std::size_t size) { return std::fread(to, 1, size, stream_.file.get()) == size; }

    // Reads type_ and body_, which has neither the lengths nor the type. End only between blocks.
    Result<Status> read_block()
    {
        std::array<std::uint32_t, 2> head{};
        const std::size_t got = std::fread(head.data(), 1, sizeof head, stream_.file.get());
        if (got != sizeof head) {
            if (std::ferror(stream_.file.get()))
                return fail_errno(errno, "cannot be read");
            return got == 0 ? Status::End : Status::CutShort;
        }
        std::uint32_t order = 0;
        // The type of a section header reads the same in both orders; what follows it tells which one it is.
        if (head[0] == kSectionHeader) {
            if (!read(&order, sizeof order))
                return Status::CutShort;
            swapped_ = order == __builtin_bswap32(kByteOrder);
            if (!swapped_ && order != kByteOrder)
                return fail("section header without a byte order mark; the file is damaged");
        }
        type_ = swapped_ ? __builtin_bswap32(head[0]) : head[0];
        const std::uint32_t length = swapped_ ? __builtin_bswap32(head[1]) : head[1];
        const std::uint32_t around = 12 + (order ? 4 : 0);
        if (length < around || length % 4 != 0 || length > kBlockMax)
            return fail("a block of {} bytes; the file is damaged", length);
        body_.resize(length - around);
        std::uint32_t again = 0;
        if (!read(body_.data(), body_.size()) || !read(&again, sizeof again))
            return Status::CutShort;
        if (again != head[1])
            return fail("a block whose two lengths differ; the file is damaged");
        return Status::Frame;
    }

    Result<void> add_interface()
    {
        if (body_.size() < 8)
            return fail("interface description of {} bytes; the file is damaged", body_.size());
        Interface interface {
            .link_type = get<std::uint16_t>(0), .snap_length = get<std::uint32_t>(4)
        };
        for (std::size_t at = 8; at + 4 <= body_.size();) {
            const auto code = get<std::uint16_t>(at);
            const auto size = get<std::uint16_t>(at + 2);
            at += 4;
            if (code == 0 || at + size > body_.size())
                break;
            if (code == kResolution && size >= 1)
                interface.units = units(body_[at]);
            else if (code == kOffset && size >= 8)
                interface.offset = static_cast<std::int64_t>(get<std::uint64_t>(at));
            at += (size + 3u) / 4 * 4;
        }
        interfaces_.push_back(interface);
        return {};
    }

    static std::uint64_t units(std::uint8_t resolution)
    {
        const unsigned power = resolution & 0x7f;
        if (resolution & 0x80)
            return power < 63 ? std::uint64_t{1} << power : std::uint64_t{1} << 63;
        std::uint64_t out = 1;
        for (unsigned i = 0; i < power && i < 18; ++i)
            out *= 10;
        return out;
    }

    Result<void> packet(Frame& frame)
    {
        constexpr std::size_t kFixed = 20;
        if (body_.size() < kFixed)
            return fail("packet block of {} bytes; the file is damaged", body_.size());
        const std::uint32_t index = type_ == kOldPacket ? get<std::uint16_t>(0) : get<std::uint32_t>(0);
        if (index >= interfaces_.size())
            return fail("captured on interface {}, which is not described; the file is damaged", index);
        const Interface& interface = interfaces_[index];
        const std::uint64_t stamp = std::uint64_t{get<std::uint32_t>(4)} << 32 | get<std::uint32_t>(8);
        frame.seconds = static_cast<std::int64_t>(stamp / interface.units) + interface.offset;
        const auto part = static_cast<unsigned __int128>(stamp % interface.units);
        frame.nanoseconds = static_cast<std::uint32_t>(part * kBillion / interface.units);
        return deliver(frame, interface, kFixed, get<std::uint32_t>(12), get<std::uint32_t>(16));
    }

    Result<void> simple_packet(Frame& frame)
    {
        if (body_.size() < 4 || interfaces_.empty())
            return fail("simple packet without an interface; the file is damaged");
        const auto original = get<std::uint32_t>(0);
        std::uint32_t captured =
            std::min<std::uint32_t>(original, static_cast<std::uint32_t>(body_.size() - 4));
        if (interfaces_[0].snap_length)
            captured = std::min(captured, interfaces_[0].snap_length);
        return deliver(frame, interfaces_[0], 4, captured, original);
    }

    Result<void> deliver(Frame& frame, const Interface& interface, std::size_t at, std::uint32_t captured,
                         std::uint32_t original)
    {
        if (captured > body_.size() - at)
            return fail("{} captured bytes in a block that holds {}; the file is damaged", captured,
                        body_.size() - at);
        frame.link_type = interface.link_type;
        frame.original_length = original;
        frame.bytes = std::span(body_).subspan(at, captured);
        return {};
    }

    Stream stream_;
    std::vector<std::uint8_t> body_;
    std::vector<Interface> interfaces_;
    std::uint32_t type_ = 0;
    bool swapped_ = false;
};

} // namespace

Result<std::unique_ptr<Source>> open_pcapng(Stream stream)
{
    return std::make_unique<PcapngSource>(std::move(stream));
}

} // namespace interdict::capture
