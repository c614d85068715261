// SPDX-License-Identifier: Apache-2.0
#include "capture/reader.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <pcap/pcap.h>

#include "base/file.h"
#include "capture/source.h"

namespace interdict::capture {

namespace {

struct ClosePcap {
    void operator()(pcap_t* pcap) const noexcept { pcap_close(pcap); }
};

class PcapSource final : public Source {
public:
    PcapSource(std::unique_ptr<std::string> text, std::unique_ptr<pcap_t, ClosePcap> pcap)
        : text_(std::move(text)), pcap_(std::move(pcap))
    {
        link_type_ = static_cast<std::uint32_t>(pcap_datalink(pcap_.get()));
    }

    Result<Status> next(Frame& frame) override
    {
        pcap_pkthdr* header = nullptr;
        const u_char* data = nullptr;
        const int got = pcap_next_ex(pcap_.get(), &header, &data);
        if (got == PCAP_ERROR_BREAK)
            return Status::End;
        if (got != 1) {
            if (std::feof(pcap_file(pcap_.get())))
                return Status::CutShort;
            return fail("{}", pcap_geterr(pcap_.get()));
        }
        frame.seconds = header->ts.tv_sec;
        // Opened with nanosecond precision: the field's name does not say so.
        frame.nanoseconds = static_cast<std::uint32_t>(header->ts.tv_usec);
        frame.link_type = link_type_;
        frame.original_length = header->len;
        frame.bytes = {data, header->caplen};
        return Status::Frame;
    }

private:
    std::unique_ptr<std::string> text_;
    std::unique_ptr<pcap_t, ClosePcap> pcap_;
    std::uint32_t link_type_ = 0;
};

Result<Stream> open_stream(const std::filesystem::path& path)
{
    Stream stream;
    stream.file.reset(std::fopen(path.c_str(), "rbe"));
    if (!stream.file)
        return fail_errno(errno, "cannot be opened");
    if (std::fseek(stream.file.get(), 0, SEEK_CUR) == 0)
        return stream;
    INTERDICT_TRY(auto text, read_file(path));
    stream.text = std::make_unique<std::string>(std::move(text));
    if (stream.text->empty())
        return fail("is empty; give a pcap or pcapng file");
    stream.file.reset(fmemopen(stream.text->data(), stream.text->size(), "rb"));
    if (!stream.file)
        return fail_errno(errno, "cannot be read");
    return stream;
}

Result<std::unique_ptr<Source>> open_source(const std::filesystem::path& path)
{
    INTERDICT_TRY(auto stream, open_stream(path));
    std::array<unsigned char, 4> magic{};
    const std::size_t got = std::fread(magic.data(), 1, magic.size(), stream.file.get());
    if (std::ferror(stream.file.get()))
        return fail_errno(errno, "cannot be read");
    if (got == 0)
        return fail("is empty; give a pcap or pcapng file");
    if (std::fseek(stream.file.get(), 0, SEEK_SET) != 0)
        return fail_errno(errno, "cannot be read");

    constexpr std::array<unsigned char, 4> kBlock{0x0a, 0x0d, 0x0d, 0x0a};
    if (magic == kBlock)
        return open_pcapng(std::move(stream));
    if (magic[0] == 0x1f && magic[1] == 0x8b)
        return fail("is compressed; run gunzip on it first");
    if (magic == std::array<unsigned char, 4>{0x28, 0xb5, 0x2f, 0xfd})
        return fail("is compressed; run unzstd on it first");
    return open_pcap(std::move(stream));
}

} // namespace

Result<std::unique_ptr<Source>> open_pcap(Stream stream)
{
    std::array<char, PCAP_ERRBUF_SIZE> message{};
    std::unique_ptr<pcap_t, ClosePcap> pcap(pcap_fopen_offline_with_tstamp_precision(
        stream.file.get(), PCAP_TSTAMP_PRECISION_NANO, message.data()));
    if (!pcap)
        return fail("not a capture: {}; give a pcap or pcapng file", message.data());
    // pcap_close() closes the stream.
    static_cast<void>(stream.file.release());
    return std::make_unique<PcapSource>(std::move(stream.text), std::move(pcap));
}

Reader::Reader(std::string file, std::unique_ptr<Source> source)
    : file_(std::move(file)), source_(std::move(source))
{
}

Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(const std::filesystem::path& path)
{
    auto source = open_source(path);
    if (!source)
        return std::unexpected(source.error().context(path.native()));
    return Reader(path.native(), *std::move(source));
}

Result<std::optional<Frame>> Reader::next()
{
    if (done_)
        return std::nullopt;
    Frame frame;
    const auto status = source_->next(frame);
    if (!status) {
        done_ = true;
        return std::unexpected(status.error().context(fmt::format("{}: packet {}", file_, frames_ + 1)));
    }
    if (*status == Source::Status::Frame) {
        frame.number = ++frames_;
        return frame;
    }
    done_ = true;
    if (*status == Source::Status::CutShort)
        note_ = fmt::format("{}: the file ends inside packet {}; the {} before it are whole", file_,
                            frames_ + 1, frames_);
    return std::nullopt;
}

const std::optional<std::string>& Reader::note() const { return note_; }

} // namespace interdict::capture
