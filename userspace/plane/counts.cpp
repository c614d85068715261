// SPDX-License-Identifier: Apache-2.0
#include "plane/counts.h"

#include <vector>

#include <bpf/bpf.h>

namespace interdict::plane {

const std::array<TotalInfo, INTERDICT_TOTAL_MAX> kTotals = {{
#define X(name, json, help) TotalInfo{json, help},
    INTERDICT_TOTALS(X)
#undef X
}};

Result<interdict_totals> read_totals(const Maps& maps)
{
    static_assert(sizeof(interdict_totals) % 8 == 0, "the kernel rounds a CPU's value up to 8 bytes");
    INTERDICT_TRY(const auto cpus, possible_cpus());
    std::vector<interdict_totals> values(cpus);
    const std::uint32_t zero = 0;
    if (const int error = bpf_map_lookup_elem(maps.fd(MapId::Totals), &zero, values.data()); error != 0)
        return fail_kernel(error, "cannot read the map totals");
    interdict_totals sum = {};
    for (const auto& value : values)
        for (std::size_t i = 0; i < INTERDICT_TOTAL_MAX; ++i)
            sum.value[i] += value.value[i];
    return sum;
}

} // namespace interdict::plane
