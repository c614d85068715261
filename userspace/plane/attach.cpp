// SPDX-License-Identifier: Apache-2.0
#include "plane/attach.h"

#include <array>
#include <cstdio>
#include <filesystem>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>

#include "plane/kernel.h"
#include "plane/libbpf_log.h"

namespace interdict::plane {

namespace {

struct Holder {
    std::uint32_t program = 0; // 0: none
    bool generic = false;
};

Result<Holder> query(const std::string& interface, unsigned ifindex)
{
    const LibbpfLog log;
    LIBBPF_OPTS(bpf_xdp_query_opts, info);
    if (const int error = bpf_xdp_query(static_cast<int>(ifindex), 0, &info); error != 0)
        return fail_kernel(error, "{}: cannot ask for its XDP program", interface);
    if (info.drv_prog_id || info.hw_prog_id)
        return Holder{info.drv_prog_id ? info.drv_prog_id : info.hw_prog_id, false};
    if (info.skb_prog_id)
        return Holder{info.skb_prog_id, true};
    return Holder{info.prog_id, info.attach_mode == XDP_ATTACHED_SKB};
}

std::unexpected<Error> held_by_other(const std::string& interface, const Holder& holder)
{
    const std::string why =
        dispatcher_available()
            ? std::string("use the dispatcher (--attach auto) if it is one of libxdp's, or ")
            : fmt::format("it cannot share the interface here ({}); ",
                          dispatcher_available().error().message);
    return std::unexpected(
        Error{fmt::format("{}: XDP program {} holds the interface; {}take it off: ip link set "
                          "dev {} xdp{} off",
                          interface, describe_program(holder.program), why, interface,
                          holder.generic ? "generic" : "drv"),
              EBUSY});
}

bool other_mode_may_work(int error)
{
    return error != EBUSY && error != EEXIST && error != EPERM && error != EACCES && error != ENODEV;
}

Result<Fd> make_link(const Programs& programs, unsigned ifindex, bool generic)
{
    LIBBPF_OPTS(bpf_link_create_opts, options);
    options.flags = generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
    const int fd = bpf_link_create(programs.entry(), static_cast<int>(ifindex), BPF_XDP, &options);
    if (fd < 0)
        return fail_kernel(fd, "the kernel refuses the link");
    return Fd(fd);
}

Result<void> attach_by_link(const Programs& programs, const Pins& pins, const std::string& interface,
                            unsigned ifindex, bool generic)
{
    auto link = make_link(programs, ifindex, generic);
    if (!link) {
        if (link.error().code == EBUSY || link.error().code == EEXIST) {
            INTERDICT_TRY(const auto holder, query(interface, ifindex));
            return held_by_other(interface, holder);
        }
        return std::unexpected(
            link.error().context(fmt::format("{}: {} mode", interface, generic ? "generic" : "native")));
    }
    // Without its pin the link ends with this scope: the interface is as before.
    return make_pin(link->get(), pins.link(interface));
}

// In the order in which they are tried: an interface alone in native mode is better than a share of one in
// generic mode.
struct Way {
    Means means;
    bool generic;
};

Result<std::vector<Way>> ways(const std::string& interface, const AttachOptions& options)
{
    if (options.means == Means::Dispatcher && !dispatcher_available())
        return fail("{}: no dispatcher: {}; attach with --attach link", interface,
                    dispatcher_available().error().message);
    std::vector<Way> ways;
    for (const bool generic : {false, true}) {
        if (generic ? !options.generic_allowed : !options.native_allowed)
            continue;
        if (options.means != Means::Link && dispatcher_available())
            ways.push_back({Means::Dispatcher, generic});
        if (options.means != Means::Dispatcher)
            ways.push_back({Means::Link, generic});
    }
    return ways;
}

Result<Attachment> attach_new(const Maps& maps, const Programs& programs, const Pins& pins,
                              const std::string& interface, unsigned ifindex, const AttachOptions& options)
{
    INTERDICT_TRY(const auto possible, ways(interface, options));
    Error refusals;
    for (const auto [means, generic] : possible) {
        const auto done =
            means == Means::Dispatcher
                ? join_dispatcher(maps, pins, interface, ifindex, generic, options.priority, options.verbose)
                : attach_by_link(programs, pins, interface, ifindex, generic);
        if (done) {
            Attachment made{.interface = interface,
                            .ifindex = ifindex,
                            .attached = true,
                            .generic = generic,
                            .means = means};
            if (generic)
                made.warnings.push_back(
                    fmt::format("{}: GENERIC mode, several times slower than native: {}", interface,
                                options.native_allowed ? refusals.message : "as asked for"));
            else if (!refusals.message.empty())
                made.warnings.push_back(
                    fmt::format("{}: not under libxdp's dispatcher but alone on the interface: {}", interface,
                                refusals.message));
            return made;
        }
        refusals.message += (refusals.message.empty() ? "" : "; ") + done.error().message;
        refusals.code = done.error().code;
        if (means == possible.back().means && !other_mode_may_work(refusals.code))
            break;
    }
    return std::unexpected(refusals);
}

Result<Attachment> linked(const Pins& pins, const std::string& interface)
{
    INTERDICT_TRY(const auto link, open_pin(pins.link(interface)));
    INTERDICT_TRY(const auto info, link_info(link.get()));
    Attachment found{.interface = interface, .means = Means::Link};
    // The kernel sets it to 0 when the interface goes. A new one may have its name by now. An interface may
    // also have gone to another network namespace.
    if (info.type != BPF_LINK_TYPE_XDP || info.xdp.ifindex == 0)
        return found;
    const std::string name = interface_name(info.xdp.ifindex);
    const auto holder = name.empty() ? Result<Holder>(fail_errno(ENODEV, "")) : query(name, info.xdp.ifindex);
    if (!holder && interface_name(info.xdp.ifindex).empty())
        return found;
    if (!holder)
        return std::unexpected(holder.error());
    found.interface = name;
    found.ifindex = info.xdp.ifindex;
    found.attached = holder->program != 0;
    found.generic = holder->generic;
    return found;
}

Result<Attachment> joined(const Pins& pins, const std::string& interface)
{
    Attachment found{
        .interface = interface, .ifindex = ::if_nametoindex(interface.c_str()), .means = Means::Dispatcher};
    if (found.ifindex == 0)
        return found;
    INTERDICT_TRY(const auto member, membership(pins, interface, found.ifindex));
    found.attached = member != Membership::None;
    found.generic = member == Membership::Generic;
    return found;
}

// Where the member runs whose interface is not called like its pin.
Result<std::optional<PinMove>> moved_member(const Pins& pins, const std::string& pin,
                                            std::span<const unsigned> indices)
{
    for (const unsigned index : indices) {
        const std::string name = interface_name(index);
        if (name.empty() || name == pin)
            continue;
        INTERDICT_TRY(const auto found, membership(pins, pin, index));
        if (found != Membership::None)
            return PinMove{pin, name, index, Means::Dispatcher};
    }
    return std::nullopt;
}

std::filesystem::path path_of(const Pins& pins, Means means, const std::string& name)
{
    return means == Means::Dispatcher ? pins.member(name) : pins.link(name);
}

} // namespace

std::string interface_name(unsigned ifindex)
{
    std::array<char, IF_NAMESIZE> name{};
    return ::if_indextoname(ifindex, name.data()) ? name.data() : "";
}

Result<std::vector<PinMove>> renamed(const Pins& pins, std::span<const unsigned> indices)
{
    std::vector<PinMove> moves;
    for (const auto& pin : pins.linked()) {
        INTERDICT_TRY(const auto link, open_pin(pins.link(pin)));
        INTERDICT_TRY(const auto info, link_info(link.get()));
        const std::string name = info.type == BPF_LINK_TYPE_XDP ? interface_name(info.xdp.ifindex) : "";
        if (!name.empty() && name != pin)
            moves.push_back({pin, name, info.xdp.ifindex, Means::Link});
    }
    for (const auto& pin : pins.members()) {
        INTERDICT_TRY(const auto move, moved_member(pins, pin, indices));
        if (move)
            moves.push_back(*move);
    }
    return moves;
}

Result<void> rename_pins(const Pins& pins, std::span<const PinMove> moves)
{
    const auto rename = [](const std::filesystem::path& from,
                           const std::filesystem::path& to) -> Result<void> {
        if (::rename(from.c_str(), to.c_str()) != 0)
            return fail_kernel(errno, "cannot rename the pin {} to {}", from.string(), to.string());
        return {};
    };
    // Aside first: one's new name may be the old one of another. Whoever dies in between leaves names that
    // are no interface's, and is followed up by the next.
    const auto aside = [](const PinMove& move) { return fmt::format("~{}", move.ifindex); };
    for (const auto& move : moves)
        if (move.pin != aside(move))
            INTERDICT_CHECK(
                rename(path_of(pins, move.means, move.pin), path_of(pins, move.means, aside(move))));
    for (const auto& move : moves)
        INTERDICT_CHECK(rename(path_of(pins, move.means, aside(move)), path_of(pins, move.means, move.name)));
    return {};
}

Result<Attachment> attach(const Maps& maps, const Programs& programs, const Pins& pins,
                          const std::string& interface, const AttachOptions& options)
{
    const unsigned ifindex = ::if_nametoindex(interface.c_str());
    if (ifindex == 0)
        return fail_errno(ENODEV, "{}: no such interface in this network namespace; see: ip link", interface);
    INTERDICT_TRY(const auto found, attachment(pins, interface));
    if (found && found->attached && found->ifindex == ifindex)
        return *found;
    if (found) // of an interface of that name that is gone, or taken off by somebody else
        INTERDICT_CHECK(detach(pins, interface));
    return attach_new(maps, programs, pins, interface, ifindex, options);
}

Result<void> detach(const Pins& pins, const std::string& interface)
{
    std::error_code ignored;
    if (std::filesystem::exists(pins.member(interface), ignored))
        INTERDICT_CHECK(leave_dispatcher(pins, interface));
    const auto pin = pins.link(interface);
    if (!std::filesystem::exists(pin, ignored))
        return {};
    INTERDICT_TRY(const auto link, open_pin(pin));
    // At once, even if somebody else holds the link open. ENOLINK: the interface is gone.
    if (const int error = bpf_link_detach(link.get()); error != 0 && error != -ENOLINK)
        return fail_kernel(error, "{}: cannot detach", interface);
    if (::unlink(pin.c_str()) != 0 && errno != ENOENT)
        return fail_kernel(errno, "cannot remove the pin {}", pin.string());
    return {};
}

Result<std::optional<Attachment>> attachment(const Pins& pins, const std::string& interface)
{
    std::error_code ignored;
    if (std::filesystem::exists(pins.link(interface), ignored))
        return linked(pins, interface);
    if (std::filesystem::exists(pins.member(interface), ignored))
        return joined(pins, interface);
    return std::nullopt;
}

} // namespace interdict::plane
