// SPDX-License-Identifier: Apache-2.0
#include "user_space.h"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include <arpa/inet.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <ndpi_api.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace interdict::bench {

namespace {

constexpr std::uint32_t kWholePacket = 0xffff;
constexpr std::uint32_t kQueueLength = 4096;
constexpr int kBuffer = 1 << 25;
constexpr timeval kPatience = {2, 0};

// By their hashes, as interdict has them; one line of memory for most questions.
class Names {
public:
    explicit Names(std::size_t count) : slots_(std::bit_ceil(2 * count)) {}

    void insert(std::string_view name)
    {
        const std::uint64_t hash = hash_of(name);
        *find(hash) = hash;
    }

    // Whether the host or a name above it is there.
    [[nodiscard]] bool cover(std::string_view host)
    {
        for (;;) {
            if (*find(hash_of(host)))
                return true;
            const auto dot = host.find('.');
            if (dot == std::string_view::npos)
                return false;
            host.remove_prefix(dot + 1);
        }
    }

private:
    static std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text) | 1; }

    // Where the hash is, or would be.
    [[nodiscard]] std::uint64_t* find(std::uint64_t hash)
    {
        std::size_t at = hash >> 1 & (slots_.size() - 1);
        while (slots_[at] && slots_[at] != hash)
            at = (at + 1) & (slots_.size() - 1);
        return &slots_[at];
    }

    std::vector<std::uint64_t> slots_; // 0 = free
};

struct ModuleCloser {
    void operator()(ndpi_detection_module_struct* module) const { ndpi_exit_detection_module(module); }
};

struct QueueCloser {
    void operator()(nfq_handle* handle) const { nfq_close(handle); }
};

} // namespace

std::string user_space_missing() { return {}; }

std::string classifier_name() { return std::string("nDPI ") + ndpi_revision(); }

struct Classifier::State {
    std::unique_ptr<ndpi_detection_module_struct, ModuleCloser> module;
    ndpi_flow_struct flow{};
    std::uint64_t clock = 1000; // ms
    Names names;

    explicit State(std::size_t count) : names(count) {}
    ~State() { ndpi_free_flow_data(&flow); }
};

Classifier::Classifier(std::unique_ptr<State> state) : state_(std::move(state)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Result<Classifier> Classifier::make(Numbers listed, const std::vector<std::string>& more)
{
    auto state = std::make_unique<State>(listed.count + more.size());
    state->module.reset(ndpi_init_detection_module(ndpi_no_prefs));
    if (!state->module)
        return fail("cannot start nDPI");
    // Only what is asked of interdict, too.
    NDPI_PROTOCOL_BITMASK wanted;
    NDPI_BITMASK_RESET(wanted);
    for (const auto protocol : {NDPI_PROTOCOL_TLS, NDPI_PROTOCOL_QUIC, NDPI_PROTOCOL_DNS, NDPI_PROTOCOL_HTTP})
        NDPI_BITMASK_ADD(wanted, protocol);
    ndpi_set_protocol_detection_bitmask2(state->module.get(), &wanted);
    ndpi_finalize_initialization(state->module.get());
    for (std::uint32_t i = listed.first; i - listed.first < listed.count; ++i)
        state->names.insert(name_of(i));
    for (const auto& name : more)
        state->names.insert(name);
    return Classifier(std::move(state));
}

Classifier::Verdict Classifier::judge(std::span<const std::span<const std::uint8_t>> packets)
{
    auto& flow = state_->flow;
    ndpi_free_flow_data(&flow);
    std::memset(&flow, 0, sizeof(flow));
    for (const auto packet : packets)
        ndpi_detection_process_packet(state_->module.get(), &flow, packet.data(),
                                      static_cast<unsigned short>(packet.size()), ++state_->clock);
    const std::string_view host = flow.host_server_name;
    if (host.empty())
        return Verdict::NoName;
    return state_->names.cover(host) ? Verdict::Refuse : Verdict::Pass;
}

struct Queue::State {
    std::unique_ptr<nfq_handle, QueueCloser> handle;
    nfq_q_handle* queue = nullptr; // goes with the handle
    Classifier* classifier = nullptr;
    std::uint32_t served = 0;
    std::uint32_t wrong = 0;
    Classifier::Verdict expected = Classifier::Verdict::Pass;
    alignas(nlmsghdr) std::array<char, kWholePacket + 4096> buffer;

    static int take(nfq_q_handle* queue, nfgenmsg*, nfq_data* data, void* self)
    {
        return static_cast<State*>(self)->take(queue, data);
    }

    int take(nfq_q_handle* into, nfq_data* data)
    {
        const auto* const header = nfq_get_msg_packet_hdr(data);
        if (!header)
            return -1;
        auto verdict = Classifier::Verdict::Pass;
        if (classifier) {
            unsigned char* bytes = nullptr;
            const int length = nfq_get_payload(data, &bytes);
            if (length < 0)
                return -1;
            const std::span<const std::uint8_t> packet(bytes, static_cast<std::size_t>(length));
            verdict = classifier->judge({&packet, 1});
        }
        ++served;
        wrong += verdict != expected;
        return nfq_set_verdict(into, ntohl(header->packet_id),
                               verdict == Classifier::Verdict::Refuse ? NF_DROP : NF_ACCEPT, 0, nullptr);
    }
};

Queue::Queue(std::unique_ptr<State> state) : state_(std::move(state)) {}
Queue::Queue(Queue&&) noexcept = default;
Queue::~Queue() = default;

Result<Queue> Queue::open(const Receiver& receiver, Classifier* classifier)
{
    const Namespace::Inside inside(receiver.where);
    INTERDICT_CHECK(run_command({"iptables-legacy", "-t", "raw", "-A", "PREROUTING", "-i", kReceiver, "-j",
                                 "NFQUEUE", "--queue-num", "0"}));
    auto state = std::make_unique<State>();
    state->classifier = classifier;
    state->handle.reset(nfq_open());
    if (!state->handle)
        return fail_errno(errno, "cannot open NFQUEUE");
    state->queue = nfq_create_queue(state->handle.get(), 0, &State::take, state.get());
    if (!state->queue || nfq_set_mode(state->queue, NFQNL_COPY_PACKET, kWholePacket) < 0 ||
        nfq_set_queue_maxlen(state->queue, kQueueLength) < 0)
        return fail_errno(errno, "cannot set up NFQUEUE");
    nfnl_rcvbufsiz(nfq_nfnlh(state->handle.get()), kBuffer);
    if (::setsockopt(nfq_fd(state->handle.get()), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience)) !=
        0)
        return fail_errno(errno, "cannot limit the wait for NFQUEUE");
    return Queue(std::move(state));
}

Result<void> Queue::serve(std::uint32_t packets, Classifier::Verdict expected)
{
    auto& state = *state_;
    state.expected = expected;
    state.served = 0;
    state.wrong = 0;
    while (state.served < packets) {
        const ssize_t got = ::recv(nfq_fd(state.handle.get()), state.buffer.data(), state.buffer.size(), 0);
        if (got < 0)
            return fail_errno(errno, "NFQUEUE brought {} of {} packets", state.served, packets);
        if (nfq_handle_packet(state.handle.get(), state.buffer.data(), static_cast<int>(got)) < 0)
            return fail_errno(errno, "NFQUEUE: packet {} cannot be given its verdict", state.served);
    }
    if (state.wrong)
        return fail("{} of {} packets were judged otherwise than expected", state.wrong, packets);
    return {};
}

} // namespace interdict::bench
