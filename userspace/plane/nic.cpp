// SPDX-License-Identifier: Apache-2.0
#include "plane/nic.h"

#include <array>
#include <cstring>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/ethtool.h>
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
    if (bpf_xdp_query_id(static_cast<int>(index), 0, &nic.program) == 0 && nic.program != 0) {
        const Fd program(bpf_prog_get_fd_by_id(nic.program)); // takes CAP_SYS_ADMIN
        if (const auto info = program.get() >= 0 ? program_info(program.get()) : std::unexpected(Error{}))
            nic.program_name = info->name;
    }
    return nic;
}

} // namespace interdict::plane
