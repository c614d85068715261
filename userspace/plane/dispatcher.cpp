// SPDX-License-Identifier: Apache-2.0
#include "plane/dispatcher.h"

#include <memory>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "probe.skel.h"

#include "plane/kernel.h"
#include "plane/libbpf_log.h"
#include "plane/programs.h"

namespace interdict::plane {

namespace {

struct ProbeCloser {
    void operator()(probe* skeleton) const { probe::destroy(skeleton); }
};
using ProbePtr = std::unique_ptr<probe, ProbeCloser>;

struct ProgramCloser {
    void operator()(xdp_program* program) const { xdp_program__close(program); }
};
using ProgramPtr = std::unique_ptr<xdp_program, ProgramCloser>;

struct MultiprogCloser {
    void operator()(xdp_multiprog* multiprog) const { xdp_multiprog__close(multiprog); }
};
using MultiprogPtr = std::unique_ptr<xdp_multiprog, MultiprogCloser>;

Result<void> try_replacement()
{
    const LibbpfLog log;
    const ProbePtr base(probe::open());
    const ProbePtr member(probe::open());
    if (!base || !member)
        return fail_errno(errno, "cannot read the embedded object probe");
    bpf_program__set_autoload(base->progs.probe_member, false);
    bpf_program__set_autoload(member->progs.probe_dispatcher, false);
    if (const int error = probe::load(base.get()); error != 0)
        return fail_kernel(error, "the kernel refuses an XDP program with a function of its own");
    const int base_fd = bpf_program__fd(base->progs.probe_dispatcher);
    int error = bpf_program__set_attach_target(member->progs.probe_member, base_fd, "slot");
    if (error == 0)
        error = probe::load(member.get());
    // Not as fail_kernel(): kernels refuse this with EPERM whatever the caller's capabilities are.
    if (error != 0)
        return fail_errno(error, "the kernel refuses programs that replace a function of another (freplace)");
    bpf_link* link = bpf_program__attach_freplace(member->progs.probe_member, base_fd, "slot");
    if (!link)
        return fail_errno(errno, "the kernel refuses to replace a function of a program (freplace)");
    bpf_link__destroy(link);
    return {};
}

xdp_attach_mode mode_of(bool generic) { return generic ? XDP_MODE_SKB : XDP_MODE_NATIVE; }

std::string words(int error)
{
    char text[128] = {};
    libxdp_strerror(error, text, sizeof(text));
    return text;
}

// The program itself on the interface, without a dispatcher: what libxdp does when it cannot use one.
bool stands_alone(unsigned ifindex)
{
    xdp_multiprog* found = xdp_multiprog__get_from_ifindex(static_cast<int>(ifindex));
    if (libxdp_get_error(found) != 0)
        return false;
    const MultiprogPtr multiprog(found);
    return xdp_multiprog__is_legacy(multiprog.get());
}

Result<ProgramPtr> open_member(const std::filesystem::path& pin)
{
    const LibbpfLog log;
    xdp_program* program = xdp_program__from_pin(pin.c_str());
    if (const auto error = libxdp_get_error(program); error != 0)
        return fail_kernel(static_cast<int>(error), "cannot open the pin {}", pin.string());
    return ProgramPtr(program);
}

} // namespace

const Result<void>& dispatcher_available()
{
    static const Result<void> answer = try_replacement();
    return answer;
}

Result<void> join_dispatcher(const Maps& maps, const Pins& pins, const std::string& interface,
                             unsigned ifindex, bool generic, unsigned priority, bool verbose)
{
    // An object for each interface: libxdp loads it as the extension of that interface's dispatcher.
    INTERDICT_CHECK(load_member_stages(maps));
    INTERDICT_TRY(const auto object, open_member_entry(maps));
    const LibbpfLog log;
    xdp_program_opts options = {};
    options.sz = sizeof(options);
    options.obj = object.get();
    options.prog_name = kEntryProgram;
    xdp_program* created = xdp_program__create(&options);
    if (const auto error = libxdp_get_error(created); error != 0)
        return fail("{}: libxdp cannot use the program: {}{}", interface, words(static_cast<int>(error)),
                    log.excerpt(verbose));
    const ProgramPtr program(created);
    xdp_program__set_xdp_frags_support(program.get(), true);
    xdp_program__set_run_prio(program.get(), priority);
    xdp_program__set_chain_call_enabled(program.get(), XDP_PASS, true);
    const auto index = static_cast<int>(ifindex);
    if (const int error = xdp_program__attach(program.get(), index, mode_of(generic), 0); error != 0)
        return std::unexpected(
            Error{fmt::format("{}: libxdp cannot attach in {} mode: {}{}", interface,
                              generic ? "generic" : "native", words(error), log.excerpt(verbose)),
                  error < 0 ? -error : error});
    Result<void> done;
    if (stands_alone(ifindex))
        done = fail("{}: libxdp attached without its dispatcher{}", interface, log.excerpt(verbose));
    else
        done = make_pin(xdp_program__fd(program.get()), pins.member(interface));
    if (!done)
        xdp_program__detach(program.get(), index, mode_of(generic), 0);
    return done;
}

Result<void> leave_dispatcher(const Pins& pins, const std::string& interface)
{
    const auto pin = pins.member(interface);
    if (const unsigned ifindex = ::if_nametoindex(interface.c_str()); ifindex != 0) {
        INTERDICT_TRY(const auto program, open_member(pin));
        const LibbpfLog log;
        const auto index = static_cast<int>(ifindex);
        const auto mode = xdp_program__is_attached(program.get(), index);
        if (mode != XDP_MODE_UNSPEC)
            if (const int error = xdp_program__detach(program.get(), index, mode, 0); error != 0)
                return fail("{}: libxdp cannot detach: {}{}", interface, words(error), log.tail());
    }
    if (::unlink(pin.c_str()) != 0 && errno != ENOENT)
        return fail_kernel(errno, "cannot remove the pin {}", pin.string());
    return {};
}

void forget_dispatcher(unsigned ifindex)
{
    const LibbpfLog log;
    libxdp_clean_references(static_cast<int>(ifindex));
}

Result<Membership> membership(const Pins& pins, const std::string& interface, unsigned ifindex)
{
    INTERDICT_TRY(const auto program, open_member(pins.member(interface)));
    const LibbpfLog log;
    switch (xdp_program__is_attached(program.get(), static_cast<int>(ifindex))) {
    case XDP_MODE_UNSPEC:
        return Membership::None;
    case XDP_MODE_SKB:
        return Membership::Generic;
    default:
        return Membership::Native;
    }
}

} // namespace interdict::plane
