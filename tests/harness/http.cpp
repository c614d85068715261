// SPDX-License-Identifier: Apache-2.0
#include "harness/http.h"

#include <algorithm>
#include <span>
#include <stdexcept>

namespace interdict::harness {

namespace {

class Reader {
public:
    explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    std::uint32_t number(std::size_t size)
    {
        std::uint32_t out = 0;
        for (const auto byte : take(size))
            out = out << 8 | byte;
        return out;
    }

    std::span<const std::uint8_t> take(std::size_t size)
    {
        if (size > bytes_.size())
            throw std::runtime_error("the frame ends too early");
        const auto out = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return out;
    }

    void limit(std::size_t size)
    {
        if (size > bytes_.size())
            throw std::runtime_error("a length reaches behind the frame");
        bytes_ = bytes_.first(size);
    }

    [[nodiscard]] std::span<const std::uint8_t> rest() const { return bytes_; }

private:
    std::span<const std::uint8_t> bytes_;
};

Bytes copy(std::span<const std::uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

void need(bool right, const char* what)
{
    if (!right)
        throw std::runtime_error(what);
}

} // namespace

Bytes request(const std::string& host, const std::string& more, const std::string& line)
{
    return bytes(line + "\r\nHost: " + host + "\r\n" + more + "\r\n");
}

interdict_answer notice(const std::string& response)
{
    interdict_answer out{};
    out.notice_length = static_cast<std::uint16_t>(response.size());
    std::copy(response.begin(), response.end(), out.notice);
    for (std::size_t i = 0; i < response.size(); i += 2)
        out.notice_sum += static_cast<std::uint32_t>(out.notice[i] | out.notice[i + 1] << 8);
    return out;
}

Segment read_segment(const Bytes& frame)
{
    Reader reader(frame);
    Segment out;
    reader.take(12);
    std::uint32_t type = reader.number(2);
    while (type == 0x8100 || type == 0x88a8) {
        reader.take(2);
        type = reader.number(2);
    }
    Bytes pseudo;
    if (type == 0x0800) {
        const auto header = reader.rest().first(std::size_t{reader.rest()[0] & 15u} * 4);
        need(internet_checksum(header) == 0, "the IPv4 checksum is wrong");
        reader.limit(static_cast<std::size_t>(header[2] << 8 | header[3]));
        need(header[9] == 6, "not TCP");
        out.source = copy(header.subspan(12, 4));
        out.destination = copy(header.subspan(16, 4));
        reader.take(header.size());
    } else {
        need(type == 0x86dd, "neither IPv4 nor IPv6");
        reader.take(4);
        const auto length = reader.number(2);
        need(reader.number(1) == 6, "not TCP");
        reader.take(1);
        out.source = copy(reader.take(16));
        out.destination = copy(reader.take(16));
        reader.limit(length);
    }
    const auto tcp = reader.rest();
    Bytes summed = out.source;
    summed.insert(summed.end(), out.destination.begin(), out.destination.end());
    const auto length = static_cast<std::uint16_t>(tcp.size());
    for (const int byte : {0, 6, length >> 8, length & 0xff})
        summed.push_back(static_cast<std::uint8_t>(byte));
    summed.insert(summed.end(), tcp.begin(), tcp.end());
    need(internet_checksum(summed) == 0, "the TCP checksum is wrong");
    out.source_port = static_cast<std::uint16_t>(reader.number(2));
    out.destination_port = static_cast<std::uint16_t>(reader.number(2));
    out.sequence = reader.number(4);
    out.acknowledgement = reader.number(4);
    const std::size_t header = (reader.number(1) >> 4) * std::size_t{4};
    need(header >= 20, "a TCP header of less than 20 bytes");
    out.flags = static_cast<std::uint8_t>(reader.number(1));
    out.window = static_cast<std::uint16_t>(reader.number(2));
    reader.take(4 + header - 20);
    out.payload = copy(reader.rest());
    return out;
}

std::string text(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

} // namespace interdict::harness
