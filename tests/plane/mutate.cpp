// SPDX-License-Identifier: Apache-2.0
#include "mutate.h"

#include <algorithm>
#include <optional>

namespace interdict::harness {

namespace {

constexpr std::size_t kMinimum = 14;
constexpr std::size_t kEthernet = 14;

std::uint16_t be16(const Bytes& frame, std::size_t at)
{
    return static_cast<std::uint16_t>(frame[at] << 8 | frame[at + 1]);
}

void put16(Bytes& frame, std::size_t at, std::size_t value)
{
    frame[at] = static_cast<std::uint8_t>(value >> 8);
    frame[at + 1] = static_cast<std::uint8_t>(value);
}

void put32(Bytes& frame, std::size_t at, std::uint32_t value)
{
    put16(frame, at, value >> 16);
    put16(frame, at + 2, value & 0xffff);
}

std::uint32_t be32(const Bytes& frame, std::size_t at)
{
    return static_cast<std::uint32_t>(be16(frame, at)) << 16 | be16(frame, at + 2);
}

struct Place {
    bool v6 = false;
    std::uint8_t protocol = 0;
    std::size_t transport = 0;
    std::size_t end = 0;
};

// Of a frame without tags and extension headers.
std::optional<Place> place_of(const Bytes& frame)
{
    Place place;
    if (frame.size() < kEthernet + 40 || (be16(frame, 12) != 0x0800 && be16(frame, 12) != 0x86dd))
        return std::nullopt;
    place.v6 = be16(frame, 12) == 0x86dd;
    place.protocol = frame[place.v6 ? 20 : 23];
    place.transport = kEthernet + (place.v6 ? 40u : (frame[14] & 15u) * 4u);
    place.end = place.v6 ? place.transport + be16(frame, 18) : kEthernet + be16(frame, 16);
    if (place.end > frame.size() || place.transport + 20 > place.end)
        return std::nullopt;
    return place;
}

void set_end(Bytes& frame, const Place& place, std::size_t end)
{
    frame.resize(end);
    if (place.v6)
        put16(frame, 18, end - place.transport);
    else
        put16(frame, 16, end - kEthernet);
}

// payload[from, to) of the segment.
Bytes part(const Bytes& frame, const Place& place, std::size_t payload, std::size_t from, std::size_t to)
{
    Bytes out(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(payload));
    out.insert(out.end(), frame.begin() + static_cast<std::ptrdiff_t>(payload + from),
               frame.begin() + static_cast<std::ptrdiff_t>(payload + to));
    set_end(out, place, out.size());
    put32(out, place.transport + 4, be32(frame, place.transport + 4) + static_cast<std::uint32_t>(from));
    return out;
}

// A connection of its own, so that what is known of the real one has no say.
std::vector<Bytes> segments_of(Bytes frame, Random& random)
{
    const auto place = place_of(frame);
    if (!place || place->protocol != 6)
        return {};
    const std::size_t payload = place->transport + (frame[place->transport + 12] >> 4) * 4u;
    // A later fragment has no header there.
    if (payload < place->transport + 20 || payload + 2 > place->end)
        return {};
    put16(frame, place->transport, random.next() & 0xffff);
    const std::size_t length = place->end - payload;
    const std::size_t cut = 1 + random.below(length - 1);
    const std::size_t overlap = random.below(3) == 0 ? random.below(cut + 1) : 0;
    std::vector<Bytes> out;
    if (random.below(2) == 0) {
        Bytes syn = part(frame, *place, payload, 0, 0);
        put32(syn, place->transport + 4, be32(syn, place->transport + 4) - 1);
        syn[place->transport + 13] = 0x02;
        out.push_back(std::move(syn));
    }
    out.push_back(part(frame, *place, payload, 0, cut));
    out.push_back(part(frame, *place, payload, cut - overlap, length));
    if (overlap > 0 && random.below(2) == 0)
        out.back()[payload + random.below(overlap)] ^= 0x20;
    if (random.below(3) == 0)
        std::swap(out[out.size() - 1], out[out.size() - 2]);
    return out;
}

std::vector<Bytes> fragments_of(const Bytes& frame, Random& random)
{
    const auto place = place_of(frame);
    if (!place || place->v6 || place->end - place->transport < 16 || (be16(frame, 20) & 0x3fff) != 0)
        return {};
    const std::size_t length = place->end - place->transport;
    const std::size_t cut = 8 * (1 + random.below((length - 1) / 8));
    Bytes first = frame, second = frame;
    set_end(first, *place, place->transport + cut);
    put16(first, 20, 0x2000);
    second.erase(second.begin() + static_cast<std::ptrdiff_t>(place->transport),
                 second.begin() + static_cast<std::ptrdiff_t>(place->transport + cut));
    set_end(second, *place, place->end - cut);
    put16(second, 20, cut / 8);
    const auto identification = static_cast<std::uint16_t>(random.next());
    put16(first, 18, identification);
    put16(second, 18, identification);
    if (random.below(3) == 0)
        return {second, first};
    return {first, second};
}

void change_bytes(Bytes& frame, Random& random)
{
    constexpr std::size_t kHeaders = 80;
    const std::size_t count = 1 + random.below(4);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t limit = random.below(2) == 0 ? std::min(frame.size(), kHeaders) : frame.size();
        const std::size_t at = random.below(limit);
        switch (random.below(4)) {
        case 0:
            frame[at] ^= static_cast<std::uint8_t>(1u << random.below(8));
            break;
        case 1:
            frame[at] = static_cast<std::uint8_t>(random.next());
            break;
        case 2:
            frame[at] = random.below(2) == 0 ? 0x00 : 0xff;
            break;
        default:
            frame[at] = static_cast<std::uint8_t>(frame[at] + (random.below(2) == 0 ? 1 : -1));
        }
    }
}

void change_length(Bytes& frame, Random& random)
{
    if (random.below(3) != 0) {
        frame.resize(kMinimum + random.below(frame.size() - kMinimum + 1));
        return;
    }
    // Sometimes beyond what a program can point into.
    const std::size_t more = random.below(4) == 0 ? 3000 + random.below(6000) : 1 + random.below(64);
    for (std::size_t i = 0; i < more; ++i)
        frame.push_back(static_cast<std::uint8_t>(random.next()));
}

void push_tag(Bytes& frame, Random& random)
{
    const Bytes tag = {static_cast<std::uint8_t>(random.below(2) == 0 ? 0x81 : 0x88),
                       static_cast<std::uint8_t>(frame[12] == 0x88 ? 0xa8 : 0x00),
                       static_cast<std::uint8_t>(random.below(16)), static_cast<std::uint8_t>(random.next())};
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
}

} // namespace

std::uint64_t Random::next()
{
    std::uint64_t word = state_ += 0x9e3779b97f4a7c15u;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}

std::vector<Bytes> mutate(const Bytes& frame, Random& random)
{
    std::vector<Bytes> out;
    switch (random.below(8)) {
    case 0:
        out = segments_of(frame, random);
        break;
    case 1:
        out = fragments_of(frame, random);
        break;
    default:
        break;
    }
    if (out.empty())
        out.push_back(frame);
    else if (random.below(2) == 0)
        return out;
    for (Bytes& one : out) {
        const std::size_t what = random.below(8);
        if (what == 0)
            change_length(one, random);
        else if (what == 1)
            push_tag(one, random);
        else
            change_bytes(one, random);
    }
    return out;
}

} // namespace interdict::harness
