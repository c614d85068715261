// SPDX-License-Identifier: Apache-2.0
#include "plane/costs.h"

#include "base/file.h"
#include "plane/kernel.h"

namespace interdict::plane {

Result<std::vector<ProgramCost>> program_costs(const Pins& pins, const Programs& programs)
{
    std::vector<std::string> names{kEntryProgram};
    for (const auto& stage : programs.stages())
        if (stage.loaded)
            names.push_back(stage.name);
    std::vector<ProgramCost> costs;
    for (const auto& name : names) {
        INTERDICT_TRY(const auto fd, open_pin(pins.program(name)));
        INTERDICT_TRY(const auto info, program_info(fd.get()));
        costs.push_back({name, info.run_time_ns, info.run_cnt});
    }
    return costs;
}

bool statistics_on()
{
    const auto text = read_file("/proc/sys/kernel/bpf_stats_enabled");
    return text && !text->starts_with('0');
}

} // namespace interdict::plane
