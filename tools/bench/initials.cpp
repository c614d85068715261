// SPDX-License-Identifier: Apache-2.0
#include "initials.h"

#include "capture/reader.h"
#include "harness/hello.h"
#include "harness/quic_samples.h"

namespace interdict::bench {

namespace {

constexpr char kCapture[] = "live-chromium-quic2.pcap";
constexpr char kCapturedName[] = "chromium-quic2.interdict.test";
constexpr std::uint64_t kFirst = 67; // of the two frames in the capture

constexpr std::size_t kInitial = 1250;
constexpr std::size_t kLength = 14 + 20 + 8 + kInitial;

// A Chromium 156 was seen to cut its hello of 1,902 bytes like this; `padding` goes before the frame.
struct Part {
    std::size_t offset, length, padding;
    bool ping;
};
constexpr std::size_t kHello = 1902;
constexpr Part kFirstParts[] = {{1221, 133, 0, false}, {1354, 548, 40, true},  {48, 1, 60, false},
                                {49, 31, 0, true},     {1033, 188, 50, false}, {0, 48, 0, false}};
constexpr Part kSecondParts[] = {
    {80, 309, 0, true}, {595, 6, 40, true}, {622, 1, 0, false},   {627, 214, 0, false}, {605, 12, 80, false},
    {601, 4, 0, false}, {623, 4, 0, true},  {841, 192, 0, false}, {617, 5, 0, false},   {389, 206, 0, false}};

Frame frame_of(Bytes packet)
{
    return {.vary = Vary::Client,
            .bytes = harness::build(harness::Ethernet{} / harness::IPv4{} / harness::Udp{} /
                                    harness::Payload(std::move(packet)))};
}

Flight flight_of(const Bytes& first, const Bytes& second, std::string name, std::string origin)
{
    Flight flight{.first = {.vary = Vary::Client, .bytes = first},
                  .both = {.vary = Vary::Pair, .bytes = first},
                  .name = std::move(name),
                  .origin = std::move(origin)};
    flight.both.pieces = 2;
    flight.both.second_at = static_cast<std::uint32_t>(first.size());
    flight.both.bytes.insert(flight.both.bytes.end(), second.begin(), second.end());
    return flight;
}

Result<std::vector<Bytes>> frames_of(const std::filesystem::path& file, std::uint64_t first,
                                     std::size_t count)
{
    INTERDICT_TRY(auto reader, capture::Reader::open(file));
    std::vector<Bytes> frames;
    while (frames.size() < count) {
        INTERDICT_TRY(const auto frame, reader.next());
        if (!frame)
            return fail("{}: no frame {}", file.string(), first + frames.size());
        if (frame->number >= first)
            frames.emplace_back(frame->bytes.begin(), frame->bytes.end());
    }
    return frames;
}

Bytes made_initial(const Bytes& hello, std::span<const Part> parts, std::uint32_t number)
{
    Bytes frames;
    for (const auto& part : parts)
        frames = harness::joined({frames, harness::padding_frames(part.padding),
                                  part.ping ? harness::ping_frame() : Bytes{},
                                  harness::crypto_part(hello, part.offset, part.length)});
    return harness::protect({.frames = frames, .number = number, .size = kInitial});
}

Flight made_flight()
{
    const Bytes hello = harness::handshake({.names = {kCapturedName}, .key_share = 1216, .length = kHello});
    return flight_of(frame_of(made_initial(hello, kFirstParts, 1)).bytes,
                     frame_of(made_initial(hello, kSecondParts, 2)).bytes, kCapturedName,
                     "made: no captures of clients here");
}

} // namespace

Frame rfc9001_frame() { return frame_of(harness::quic_sample_packet(harness::quic_samples().front())); }

Flight chromium_flight(const std::filesystem::path& captures)
{
    const auto frames = frames_of(captures / kCapture, kFirst, 2);
    if (!frames || (*frames)[0].size() != kLength || (*frames)[1].size() != kLength)
        return made_flight();
    return flight_of((*frames)[0], (*frames)[1], kCapturedName, "as captured");
}

} // namespace interdict::bench
