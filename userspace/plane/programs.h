// SPDX-License-Identifier: Apache-2.0
//
// programs.h: the BPF programs: loaded from the objects that are embedded in this binary, or adopted.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "maps/pins.h"
#include "plane/maps.h"
#include "plane/pins.h"

struct bpf_object;

namespace interdict::plane {

inline constexpr char kEntryProgram[] = "interdict_edge";

// One inspector, reached by tail call.
struct Stage {
    std::string name;
    interdict_stage index = INTERDICT_STAGE_MAX;
    bool loaded = false;
    std::string reason; // why not; may have several lines
};

struct ObjectCloser {
    void operator()(bpf_object* object) const;
};
using ObjectPtr = std::unique_ptr<bpf_object, ObjectCloser>;

// Bytes of the map "packets", as the embedded programs declare it.
[[nodiscard]] Result<std::uint32_t> scratch_size();

// For libxdp's dispatcher: the entry program's object with the plane's maps in place of its own, not loaded.
// It reaches the stages that load_member_stages() loads.
[[nodiscard]] Result<ObjectPtr> open_member_entry(const Maps& maps);

// A program array takes programs of one kind only, and an entry program under the dispatcher is of another
// kind than one on a link. So it has stages of its own, in the map "stages_member". Those that are there
// already stay; one that the kernel refuses is left out, as for Programs::load().
[[nodiscard]] Result<void> load_member_stages(const Maps& maps);

class Programs {
public:
    // Loads the entry program, and every stage that the kernel takes into the map "stages".
    // Error: the entry program is refused; with the verifier's last lines, or all of them if verbose.
    [[nodiscard]] static Result<Programs> load(const Maps& maps, bool verbose = false);

    // As load() left and pinned them.
    [[nodiscard]] static Result<Programs> open(const Pins& pins);

    [[nodiscard]] Result<void> pin(const Pins& pins) const;

    // The entry program as an ordinary XDP program: for test runs and for links of our own.
    [[nodiscard]] int entry() const { return entry_.get(); }

    // Of the entry program and of each stage that is loaded, with its index: the kernel's digest of the
    // instructions, whatever maps they use.
    using Tag = std::array<std::uint8_t, 8>;
    [[nodiscard]] Result<std::map<int, Tag>> tags() const;

    // Every stage that this build has, loaded or not.
    [[nodiscard]] const std::vector<Stage>& stages() const { return stages_; }

private:
    Fd entry_;
    std::vector<Fd> stage_fds_; // beside stages_; empty where not loaded
    std::vector<Stage> stages_;
};

} // namespace interdict::plane
