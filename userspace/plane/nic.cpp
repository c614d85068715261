// SPDX-License-Identifier: Apache-2.0
#include "plane/nic.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "plane/kernel.h"

namespace interdict::plane {

namespace {

class Ethtool {
public:
    explicit Ethtool(const std::string& interface) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
    {
        std::strncpy(request_.ifr_name, interface.c_str(), IFNAMSIZ - 1);
    }
    ifreq* ask(unsigned long what)
    {
        return ::ioctl(socket_.get(), what, &request_) == 0 ? &request_ : nullptr;
    }
    bool ask(void* command)
    {
        request_.ifr_data = static_cast<char*>(command);
        return ask(SIOCETHTOOL) != nullptr;
    }

private:
    Fd socket_;
    ifreq request_ = {};
};

// Not in the headers of Debian 12: linux/netdev.h of Linux 6.3, generic netlink family "netdev", version 1
// (Documentation/netlink/specs/netdev.yaml).
constexpr char kNetdevFamily[] = "netdev";
constexpr std::uint8_t kNetdevVersion = 1;
constexpr std::uint8_t kNetdevDevGet = 1;       // NETDEV_CMD_DEV_GET
constexpr std::uint16_t kNetdevIfindex = 1;     // NETDEV_A_DEV_IFINDEX, u32
constexpr std::uint16_t kNetdevXdpFeatures = 3; // NETDEV_A_DEV_XDP_FEATURES, u64
constexpr std::array<std::string_view, 7> kXdpActs{"basic",      "redirect", "ndo-xmit",   "xsk-zerocopy",
                                                   "hw-offload", "rx-sg",    "ndo-xmit-sg"};

// A request of one attribute to generic netlink; the value of another one in its answer.
class Genetlink {
public:
    Genetlink() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC)) {}

    template <class Answer>
    [[nodiscard]] std::optional<Answer> ask(std::uint16_t family, std::uint8_t command, std::uint8_t version,
                                            std::uint16_t attribute, std::span<const std::byte> value,
                                            std::uint16_t wanted)
    {
        struct {
            nlmsghdr head;
            genlmsghdr command;
            nlattr attribute;
            std::array<std::byte, IFNAMSIZ> value;
        } request = {};
        static_assert(sizeof(request.value) >= GENL_NAMSIZ);
        request.attribute.nla_type = attribute;
        request.attribute.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + value.size());
        std::ranges::copy(value, request.value.begin());
        request.command = {.cmd = command, .version = version, .reserved = 0};
        request.head = {};
        request.head.nlmsg_len =
            NLMSG_LENGTH(GENL_HDRLEN) + static_cast<std::uint32_t>(NLA_ALIGN(request.attribute.nla_len));
        request.head.nlmsg_type = family;
        request.head.nlmsg_flags = NLM_F_REQUEST;
        if (::send(socket_.get(), &request, request.head.nlmsg_len, 0) < 0)
            return std::nullopt;
        alignas(nlmsghdr) std::array<std::byte, 8192> answer;
        const auto count = ::recv(socket_.get(), answer.data(), answer.size(), 0);
        nlmsghdr head = {};
        if (count < static_cast<ssize_t>(NLMSG_LENGTH(GENL_HDRLEN)))
            return std::nullopt;
        std::memcpy(&head, answer.data(), sizeof(head));
        if (head.nlmsg_type != family) // NLMSG_ERROR
            return std::nullopt;
        auto rest = std::span(answer)
                        .first(std::min<std::size_t>(static_cast<std::size_t>(count), head.nlmsg_len))
                        .subspan(NLMSG_LENGTH(GENL_HDRLEN));
        while (rest.size() >= NLA_HDRLEN) {
            nlattr found = {};
            std::memcpy(&found, rest.data(), sizeof(found));
            if (found.nla_len < NLA_HDRLEN || found.nla_len > rest.size())
                return std::nullopt;
            if ((found.nla_type & NLA_TYPE_MASK) == wanted && found.nla_len == NLA_HDRLEN + sizeof(Answer)) {
                Answer said;
                std::memcpy(&said, rest.data() + NLA_HDRLEN, sizeof(said));
                return said;
            }
            rest = rest.subspan(std::min<std::size_t>(NLA_ALIGN(found.nla_len), rest.size()));
        }
        return std::nullopt;
    }

private:
    Fd socket_;
};

// Nothing: a kernel that does not know the family, or not this interface.
std::optional<std::uint64_t> xdp_features(unsigned ifindex)
{
    Genetlink netlink;
    const auto family =
        netlink.ask<std::uint16_t>(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, CTRL_ATTR_FAMILY_NAME,
                                   std::as_bytes(std::span(kNetdevFamily)), CTRL_ATTR_FAMILY_ID);
    if (!family)
        return std::nullopt;
    return netlink.ask<std::uint64_t>(*family, kNetdevDevGet, kNetdevVersion, kNetdevIfindex,
                                      std::as_bytes(std::span(&ifindex, 1)), kNetdevXdpFeatures);
}

// Whether a feature is on, by its name in `ethtool -k`'s long form.
std::optional<bool> feature(Ethtool& tool, std::string_view name)
{
    alignas(ethtool_sset_info) std::array<std::uint8_t, sizeof(ethtool_sset_info) + sizeof(__u32)> sizes{};
    auto* set = reinterpret_cast<ethtool_sset_info*>(sizes.data());
    set->cmd = ETHTOOL_GSSET_INFO;
    set->sset_mask = std::uint64_t{1} << ETH_SS_FEATURES;
    if (!tool.ask(set) || set->sset_mask == 0)
        return std::nullopt;
    std::uint32_t count = 0;
    std::memcpy(&count, sizes.data() + sizeof(ethtool_sset_info), sizeof(count));
    if (count == 0)
        return std::nullopt;
    std::vector<std::uint8_t> names(sizeof(ethtool_gstrings) + std::size_t{count} * ETH_GSTRING_LEN);
    auto* strings = reinterpret_cast<ethtool_gstrings*>(names.data());
    strings->cmd = ETHTOOL_GSTRINGS;
    strings->string_set = ETH_SS_FEATURES;
    strings->len = count;
    const std::uint32_t blocks = (count + 31) / 32;
    std::vector<std::uint8_t> bits(sizeof(ethtool_gfeatures) + blocks * sizeof(ethtool_get_features_block));
    auto* features = reinterpret_cast<ethtool_gfeatures*>(bits.data());
    features->cmd = ETHTOOL_GFEATURES;
    features->size = blocks;
    if (!tool.ask(strings) || !tool.ask(features))
        return std::nullopt;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto* text = reinterpret_cast<const char*>(strings->data) + std::size_t{i} * ETH_GSTRING_LEN;
        if (std::string_view(text, ::strnlen(text, ETH_GSTRING_LEN)) == name)
            return (features->features[i / 32].active >> (i % 32) & 1) != 0;
    }
    return std::nullopt;
}

} // namespace

std::string xdp_feature_names(std::uint64_t features)
{
    std::string names;
    for (unsigned bit = 0; bit < 64; ++bit)
        if ((features >> bit & 1) != 0)
            names += (names.empty() ? "" : ", ") +
                     (bit < kXdpActs.size() ? std::string(kXdpActs[bit]) : fmt::format("bit {}", bit));
    return names.empty() ? "none" : names;
}

Result<Nic> survey(const std::string& interface)
{
    const unsigned index = ::if_nametoindex(interface.c_str());
    if (index == 0)
        return fail("{}: there is no such interface", interface);
    Nic nic;
    Ethtool tool(interface);
    ethtool_drvinfo driver = {};
    driver.cmd = ETHTOOL_GDRVINFO;
    if (tool.ask(&driver))
        nic.driver = driver.driver;
    if (const auto* got = tool.ask(SIOCGIFMTU))
        nic.mtu = static_cast<unsigned>(got->ifr_mtu);
    if (const auto* got = tool.ask(SIOCGIFFLAGS))
        nic.up = got->ifr_flags & IFF_UP;
    nic.lro = feature(tool, "rx-lro");
    nic.gro_hw = feature(tool, "rx-gro-hw");
    nic.vlan_off = feature(tool, "rx-vlan-hw-parse");
    nic.xdp_features = xdp_features(index);
    if (bpf_xdp_query_id(static_cast<int>(index), 0, &nic.program) == 0 && nic.program != 0) {
        const Fd program(bpf_prog_get_fd_by_id(nic.program)); // takes CAP_SYS_ADMIN
        if (const auto info = program.get() >= 0 ? program_info(program.get()) : std::unexpected(Error{}))
            nic.program_name = info->name;
    }
    return nic;
}

} // namespace interdict::plane
