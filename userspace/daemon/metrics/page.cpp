// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics/page.h"

#include <iterator>
#include <locale>
#include <sstream>

#include <prometheus/text_serializer.h>

namespace interdict::daemon::metrics {

Family& Family::add(double value, Labels labels)
{
    auto& family = all_[index_];
    prometheus::ClientMetric metric;
    for (const auto& [name, text] : labels)
        metric.label.push_back({name, std::string(text)});
    if (family.type == prometheus::MetricType::Counter)
        metric.counter.value = value;
    else
        metric.gauge.value = value;
    family.metric.push_back(std::move(metric));
    return *this;
}

Family Page::family(std::string name, std::string help, prometheus::MetricType type)
{
    families_.push_back({std::move(name), std::move(help), type, {}});
    return {families_, families_.size() - 1};
}

void Page::add(std::vector<prometheus::MetricFamily> families)
{
    std::ranges::move(families, std::back_inserter(families_));
}

std::string Page::text() const
{
    std::ostringstream out;
    out.imbue(std::locale::classic());
    prometheus::TextSerializer().Serialize(out, families_);
    return std::move(out).str();
}

} // namespace interdict::daemon::metrics
