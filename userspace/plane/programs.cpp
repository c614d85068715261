// SPDX-License-Identifier: Apache-2.0
#include "plane/programs.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "answer.skel.h"
#include "dns.skel.h"
#include "edge.skel.h"
#include "layers.skel.h"
#include "quic.skel.h"
#include "tcp.skel.h"

#include "plane/kernel.h"
#include "plane/libbpf_log.h"

namespace interdict::plane {

namespace {

struct Embedded {
    const char* name; // of the pin
    const char* program;
    const void* (*bytes)(std::size_t* size);
    interdict_stage stage;
};

constexpr Embedded kEntry = {"edge", kEntryProgram, edge__elf_bytes, INTERDICT_STAGE_MAX};

constexpr std::array kStages = {
    Embedded{"layers", "interdict_layers", layers__elf_bytes, INTERDICT_STAGE_LAYERS},
    Embedded{"tcp", "interdict_tcp", tcp__elf_bytes, INTERDICT_STAGE_TCP},
    Embedded{"dns", "interdict_dns", dns__elf_bytes, INTERDICT_STAGE_DNS},
    Embedded{"quic", "interdict_quic", quic__elf_bytes, INTERDICT_STAGE_QUIC},
    Embedded{"answer", "interdict_answer", answer__elf_bytes, INTERDICT_STAGE_ANSWER},
};

Result<ObjectPtr> open_object(const Embedded& embedded)
{
    const LibbpfLog log;
    std::size_t size = 0;
    const void* bytes = embedded.bytes(&size);
    LIBBPF_OPTS(bpf_object_open_opts, options);
    options.object_name = embedded.name;
    ObjectPtr object(bpf_object__open_mem(bytes, size, &options));
    if (!object)
        return fail_errno(errno, "cannot read the embedded object {}{}", embedded.name, log.tail());
    return object;
}

// libbpf takes over the size of a map that is handed to it, so a difference would only show as a refusal by
// the verifier, if at all.
Result<void> use_map(bpf_map* declared, int fd, const char* object)
{
    INTERDICT_TRY(const auto info, map_info(fd));
    if (bpf_map__value_size(declared) != info.value_size || bpf_map__key_size(declared) != info.key_size ||
        static_cast<std::uint32_t>(bpf_map__type(declared)) != info.type)
        return fail(
            "{}: map {}: the program has values of {} bytes, the plane {}; take it down and up again: "
            "interdict down",
            object, bpf_map__name(declared), bpf_map__value_size(declared), info.value_size);
    if (const int error = bpf_map__reuse_fd(declared, fd); error != 0)
        return fail_kernel(error, "{}: cannot use the map {}", object, bpf_map__name(declared));
    return {};
}

// Room that one program keeps to itself: not in the contract, made with the program and gone with it.
bool is_scratch(const bpf_map* map)
{
    return bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY &&
           std::string_view(bpf_map__name(map)).ends_with("_scratch");
}

// How the kernel will see a program. It compares the two below for all that share a program array.
enum class Variant {
    Link,   // frags flag, attach type XDP
    Member, // as an extension of libxdp's dispatcher has it: no flag, no attach type. Frags still reach it,
            // the flag is only looked at on the way to an interface.
};

Result<ObjectPtr> open_with_maps(const Embedded& embedded, const Maps& maps, Variant variant)
{
    INTERDICT_TRY(auto object, open_object(embedded));
    bpf_map* declared = nullptr;
    bpf_object__for_each_map(declared, object.get())
    {
        if (bpf_map__is_internal(declared) || is_scratch(declared))
            continue;
        const MapSpec* known = find_spec(bpf_map__name(declared));
        if (!known)
            return fail("{}: map {} is not in the contract of maps/", embedded.name, bpf_map__name(declared));
        auto id = static_cast<MapId>(known - kMaps.data());
        if (id == MapId::Stages && variant == Variant::Member)
            id = MapId::MemberStages;
        INTERDICT_CHECK(use_map(declared, maps.fd(id), embedded.name));
    }
    return object;
}

Result<Fd> load_program(const Embedded& embedded, const Maps& maps, Variant variant, bool verbose)
{
    INTERDICT_TRY(const auto object, open_with_maps(embedded, maps, variant));
    bpf_program* program = bpf_object__find_program_by_name(object.get(), embedded.program);
    if (!program)
        return fail("{}: the object has no program {}", embedded.name, embedded.program);
    if (variant == Variant::Link)
        bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
    else
        bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(0));
    const LibbpfLog log;
    if (const int error = bpf_object__load(object.get()); error != 0) {
        // The verifier's own refusals are EACCES and EINVAL; only EPERM is about the caller.
        auto refusal = error == -EPERM
                           ? fail_kernel(error, "the kernel refuses the program {}", embedded.program)
                           : fail_errno(error, "the kernel refuses the program {}", embedded.program);
        refusal.error().message += log.excerpt(verbose);
        return refusal;
    }
    return duplicate(bpf_program__fd(program));
}

Result<void> enter_stage(const Maps& maps, MapId stages, const Embedded& embedded, int program)
{
    const std::uint32_t index = embedded.stage;
    if (const int error = bpf_map_update_elem(maps.fd(stages), &index, &program, BPF_ANY); error != 0)
        return fail_kernel(error, "cannot make the program {} reachable", embedded.name);
    return {};
}

} // namespace

void ObjectCloser::operator()(bpf_object* object) const { bpf_object__close(object); }

Result<std::uint32_t> scratch_size()
{
    INTERDICT_TRY(const auto object, open_object(kEntry));
    const bpf_map* packets = bpf_object__find_map_by_name(object.get(), spec(MapId::Packets).name.data());
    if (!packets)
        return fail("{}: the object has no map {}", kEntry.name, spec(MapId::Packets).name);
    return bpf_map__value_size(packets);
}

Result<ObjectPtr> open_member_entry(const Maps& maps)
{
    return open_with_maps(kEntry, maps, Variant::Member);
}

Result<void> load_member_stages(const Maps& maps)
{
    for (const Embedded& embedded : kStages) {
        const std::uint32_t index = embedded.stage;
        std::uint32_t id = 0;
        if (bpf_map_lookup_elem(maps.fd(MapId::MemberStages), &index, &id) == 0)
            continue;
        if (const auto program = load_program(embedded, maps, Variant::Member, false))
            INTERDICT_CHECK(enter_stage(maps, MapId::MemberStages, embedded, program->get()));
    }
    return {};
}

Result<Programs> Programs::load(const Maps& maps, bool verbose)
{
    Programs programs;
    INTERDICT_TRY(programs.entry_, load_program(kEntry, maps, Variant::Link, verbose));
    for (const Embedded& embedded : kStages) {
        Stage stage{embedded.name, embedded.stage, false, {}};
        auto program = load_program(embedded, maps, Variant::Link, verbose);
        if (program) {
            INTERDICT_CHECK(enter_stage(maps, MapId::Stages, embedded, program->get()));
            stage.loaded = true;
        } else {
            stage.reason = program.error().message;
        }
        programs.stage_fds_.push_back(program ? *std::move(program) : Fd());
        programs.stages_.push_back(std::move(stage));
    }
    return programs;
}

Result<Programs> Programs::open(const Pins& pins)
{
    Programs programs;
    INTERDICT_TRY(programs.entry_, open_pin(pins.program(kEntry.name)));
    for (const Embedded& embedded : kStages) {
        Stage stage{embedded.name, embedded.stage, false, {}};
        auto program = open_pin(pins.program(embedded.name));
        if (program)
            stage.loaded = true;
        else if (program.error().code == ENOENT)
            stage.reason = "not loaded when the plane was brought up";
        else
            return std::unexpected(program.error());
        programs.stage_fds_.push_back(program ? *std::move(program) : Fd());
        programs.stages_.push_back(std::move(stage));
    }
    return programs;
}

Result<std::map<int, Programs::Tag>> Programs::tags() const
{
    std::map<int, Tag> tags;
    const auto add = [&](int index, int program) -> Result<void> {
        INTERDICT_TRY(const auto info, program_info(program));
        std::ranges::copy(info.tag, tags[index].begin());
        return {};
    };
    INTERDICT_CHECK(add(kEntry.stage, entry()));
    for (std::size_t i = 0; i < stages_.size(); ++i)
        if (stages_[i].loaded)
            INTERDICT_CHECK(add(stages_[i].index, stage_fds_[i].get()));
    return tags;
}

Result<void> Programs::pin(const Pins& pins) const
{
    INTERDICT_CHECK(make_pin(entry_.get(), pins.program(kEntry.name)));
    for (std::size_t i = 0; i < stages_.size(); ++i)
        if (stages_[i].loaded)
            INTERDICT_CHECK(make_pin(stage_fds_[i].get(), pins.program(stages_[i].name)));
    return {};
}

} // namespace interdict::plane
