// SPDX-License-Identifier: Apache-2.0
#include "peers.h"

#include "tools/bench/numbers.bpf.h"

namespace interdict::bench {

namespace {

void append_address(std::string& out, std::uint32_t i)
{
    const std::uint32_t address = bench_number(i);
    fmt::format_to(std::back_inserter(out), "{}.{}.{}.{}", address >> 24, address >> 16 & 255,
                   address >> 8 & 255, address & 255);
}

} // namespace

Result<void> block_with_nft(const Receiver& receiver, std::uint32_t count)
{
    std::string script = fmt::format(
        "table netdev f {{\n set s {{\n  type ipv4_addr; size {}; counter\n  elements = {{ ", count + 16);
    script.reserve(script.size() + std::size_t{count} * 17);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (i)
            script += ",";
        append_address(script, i);
    }
    script += fmt::format(" }}\n }}\n chain c {{\n  type filter hook ingress device \"{}\" priority -500;\n"
                          "  ip saddr @s drop\n }}\n}}\n",
                          kReceiver);
    const Namespace::Inside inside(receiver.where);
    INTERDICT_CHECK(run_command({"nft", "-f", "-"}, script));
    return {};
}

Result<void> block_with_ipset(const Receiver& receiver, std::uint32_t count)
{
    std::string script = fmt::format("create blocked hash:ip counters maxelem {} hashsize {}\n", count + 16,
                                     std::max(count / 4, 64u));
    script.reserve(script.size() + std::size_t{count} * 28);
    for (std::uint32_t i = 0; i < count; ++i) {
        script += "add blocked ";
        append_address(script, i);
        script += '\n';
    }
    const Namespace::Inside inside(receiver.where);
    INTERDICT_CHECK(run_command({"ipset", "restore"}, script));
    INTERDICT_CHECK(run_command({"iptables-legacy", "-t", "raw", "-A", "PREROUTING", "-m", "set",
                                 "--match-set", "blocked", "src", "-j", "DROP"}));
    return {};
}

} // namespace interdict::bench
