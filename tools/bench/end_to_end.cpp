// SPDX-License-Identifier: Apache-2.0
//
// end_to_end.cpp: packets from a generator through a veth pair into a filter, ours and others', one namespace
// for each, taken in turns. Blocked by source address on an uplink; and innocent ones that go on into the
// stack.
#include "groups.h"

#include <list>
#include <optional>

#include "attached.h"
#include "peers.h"
#include "rules.h"

namespace interdict::bench {

namespace {

constexpr std::uint32_t kHot = 1000;
constexpr std::uint32_t kHundredThousand = 100'000;

// A receiver with its filter, which goes first.
struct Device {
    Receiver receiver;
    std::optional<Attached> ours;
    Fd link; // of another XDP program

    explicit Device(Receiver made) : receiver(std::move(made)) {}
};

class Lab {
public:
    Lab(const Settings& settings, Generator generator) : settings_(settings), generator_(std::move(generator))
    {
    }

    // name: of the namespace.
    Result<Device*> add(const std::string& name)
    {
        INTERDICT_TRY(auto receiver, generator_.add(name));
        return &devices_.emplace_back(std::move(receiver));
    }

    Result<Device*> ours(const std::string& name, std::uint32_t count)
    {
        INTERDICT_TRY(Device* const device, add(name));
        INTERDICT_TRY(auto attached,
                      Attached::up(device->receiver, settings_.tag, name, INTERDICT_ROLE_UPLINK));
        device->ours.emplace(std::move(attached));
        INTERDICT_CHECK(load(device->ours->plane(), {address_order("addresses", {0, count})}));
        return device;
    }

    Samples::Measure sending(const Device* device, Range range)
    {
        return [this, device, range] { return generator_.send(device->receiver, range, settings_.frames); };
    }

    [[nodiscard]] Generator& generator() { return generator_; }

private:
    const Settings& settings_;
    Generator generator_;
    std::list<Device> devices_; // gone before the generator
};

// One filter at one size, and what was measured of it.
struct Peer {
    std::string name;
    Device* device = nullptr;
    std::string missing; // why it is not there
};

struct Peers {
    Peer nft, nft_small, ipset, filter;
};

template <class Install>
Result<Peer> peer(Lab& lab, std::string name, bool installed, const std::string& remedy,
                  const Install& install)
{
    Peer made;
    made.name = std::move(name);
    if (!installed) {
        made.missing = remedy;
        return made;
    }
    INTERDICT_TRY(made.device, lab.add(made.name));
    if (auto done = install(*made.device); !done) {
        made.missing = done.error().message;
        made.device = nullptr;
    }
    return made;
}

Result<Peers> add_peers(Lab& lab, const Settings& settings)
{
    const bool nft = is_installed("nft");
    const bool ipset = is_installed("ipset") && is_installed("iptables-legacy");
    Peers peers;
    INTERDICT_TRY(peers.nft, peer(lab, "nft-1m", nft, "nft is not installed (nftables)", [&](Device& device) {
                      return block_with_nft(device.receiver, settings.million);
                  }));
    INTERDICT_TRY(peers.nft_small,
                  peer(lab, "nft-100k", nft, "nft is not installed (nftables)",
                       [&](Device& device) { return block_with_nft(device.receiver, kHundredThousand); }));
    INTERDICT_TRY(peers.ipset,
                  peer(lab, "ipset-1m", ipset, "ipset or iptables is not installed",
                       [&](Device& device) { return block_with_ipset(device.receiver, settings.million); }));
    INTERDICT_TRY(peers.filter,
                  peer(lab, "xdp-filter-100k", !xdp_filter_object().empty(),
                       "xdp-filter is not installed (xdp-tools)", [&](Device& device) -> Result<void> {
                           INTERDICT_TRY(device.link,
                                         block_with_xdp_filter(device.receiver, kHundredThousand));
                           return {};
                       }));
    return peers;
}

} // namespace

Result<void> bench_address(const Settings& settings, Report& report)
{
    report.heading("Packets on a veth pair, blocked by source address on an uplink, or innocent");
    INTERDICT_TRY(auto generator, Generator::make(settings.tag));
    Lab lab(settings, std::move(generator));
    INTERDICT_TRY(Device* const large, lab.ours("ours-1m", settings.million));
    INTERDICT_TRY(Device* const small, lab.ours("ours-100k", kHundredThousand));
    INTERDICT_TRY(Device* const drop, lab.add("drop"));
    INTERDICT_TRY(drop->link, attach_natively(drop->receiver, lab.generator().drop_all()));
    INTERDICT_TRY(Device* const open, lab.add("open"));
    INTERDICT_TRY(const Peers peers, add_peers(lab, settings));

    const Range all{0, settings.million};
    const Range hot{0, kHot};
    const Range some{0, kHundredThousand};
    const Range innocent{settings.million, 1u << 31};
    Samples samples;
    using Case = std::optional<std::size_t>;
    const auto add = [&](const std::string& name, const Device* device, Range range) -> Case {
        if (!device)
            return std::nullopt;
        return samples.add(name, lab.sending(device, range));
    };
    const Case dropped = add("everything dropped", drop, all);
    const Case cold = add("ours, cold", large, all);
    const Case cold_nft = add("nft, cold", peers.nft.device, all);
    const Case cold_ipset = add("ipset, cold", peers.ipset.device, all);
    const Case hot_ours = add("ours, hot", large, hot);
    const Case hot_nft = add("nft, hot", peers.nft.device, hot);
    const Case hot_ipset = add("ipset, hot", peers.ipset.device, hot);
    const Case small_ours = add("ours, 100 k", small, some);
    const Case small_nft = add("nft, 100 k", peers.nft_small.device, some);
    const Case small_filter = add("xdp-filter, 100 k", peers.filter.device, some);
    const Case passed = add("no filter, innocent", open, innocent);
    const Case passed_ours = add("ours, innocent", large, innocent);
    const Case passed_nft = add("nft, innocent", peers.nft.device, innocent);
    const Case passed_ipset = add("ipset, innocent", peers.ipset.device, innocent);
    INTERDICT_CHECK(samples.take(settings.rounds));

    const auto ratio = [&](const std::string& name, Case peer_case, Case ours, const Peer& peer,
                           Target target) {
        if (peer_case)
            report.add(name, samples.ratio(*peer_case, *ours), "times", target);
        else
            report.skip(name, "times", target, peer.missing);
    };
    ratio("blocked, 1 M cold: rate against nft", cold_nft, cold, peers.nft, at_least(2));
    ratio("blocked, 1 M hot: rate against nft", hot_nft, hot_ours, peers.nft, at_least(2.5));
    ratio("blocked, 100 k cold: rate against nft", small_nft, small_ours, peers.nft_small, at_least(3));
    ratio("blocked, 100 k cold: rate against xdp-filter", small_filter, small_ours, peers.filter,
          at_least(1.5));
    ratio("innocent, 1 M: rate against nft", passed_nft, passed_ours, peers.nft, at_least(1));
    ratio("blocked, 1 M cold: rate against ipset", cold_ipset, cold, peers.ipset, {});
    ratio("blocked, 1 M hot: rate against ipset", hot_ipset, hot_ours, peers.ipset, {});
    ratio("innocent, 1 M: rate against ipset", passed_ipset, passed_ours, peers.ipset, {});

    const auto time = [&](const std::string& name, Case one, const std::string& missing = {}) {
        if (one)
            report.add(name, samples.plain(*one), "ns/frame");
        else
            report.skip(name, "ns/frame", {}, missing);
    };
    time("time of a frame: generator, veth, XDP_DROP", dropped);
    time("time of a frame: blocked, 1 M cold, interdict", cold);
    time("time of a frame: blocked, 1 M cold, nft", cold_nft, peers.nft.missing);
    time("time of a frame: blocked, 1 M cold, ipset", cold_ipset, peers.ipset.missing);
    time("time of a frame: blocked, 1 M hot, interdict", hot_ours);
    time("time of a frame: blocked, 1 M hot, nft", hot_nft, peers.nft.missing);
    time("time of a frame: blocked, 100 k, interdict", small_ours);
    time("time of a frame: blocked, 100 k, nft", small_nft, peers.nft_small.missing);
    time("time of a frame: blocked, 100 k, xdp-filter", small_filter, peers.filter.missing);
    time("time of a frame: innocent, no filter", passed);
    time("time of a frame: innocent, 1 M, interdict", passed_ours);
    time("time of a frame: innocent, 1 M, nft", passed_nft, peers.nft.missing);
    time("time of a frame: innocent, 1 M, ipset", passed_ipset, peers.ipset.missing);
    return {};
}

} // namespace interdict::bench
