// SPDX-License-Identifier: Apache-2.0
#include "plane/costs.h"

#include "base/file.h"
#include "plane/kernel.h"

namespace interdict::plane {

Result<std::vector<ProgramCost>> program_costs(const Pins& pins, const Programs& programs)
{
    std::vector<ProgramCost> costs;
    const auto add = [&](const std::string& name, int program) -> Result<void> {
        INTERDICT_TRY(const auto info, program_info(program));
        costs.push_back({name, info.run_time_ns, info.run_cnt});
        return {};
    };
    INTERDICT_CHECK(add("edge", programs.entry()));
    for (const auto& stage : programs.stages()) {
        if (!stage.loaded)
            continue;
        INTERDICT_TRY(const auto fd, open_pin(pins.program(stage.name)));
        INTERDICT_CHECK(add(stage.name, fd.get()));
    }
    return costs;
}

bool statistics_on()
{
    const auto text = read_file("/proc/sys/kernel/bpf_stats_enabled");
    return text && !text->starts_with('0');
}

} // namespace interdict::plane
