// SPDX-License-Identifier: Apache-2.0
//
// page.h: metrics on their way into one text.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

namespace interdict::daemon::metrics {

using Labels = std::initializer_list<std::pair<const char*, std::string_view>>;

class Family {
public:
    Family(std::vector<prometheus::MetricFamily>& all, std::size_t index) : all_(all), index_(index) {}
    Family& add(double value, Labels labels = {});

private:
    std::vector<prometheus::MetricFamily>& all_;
    std::size_t index_;
};

class Page {
public:
    // Its name and help stand in the text even if it has no value at present.
    Family counter(std::string name, std::string help)
    {
        return family(std::move(name), std::move(help), prometheus::MetricType::Counter);
    }
    Family gauge(std::string name, std::string help)
    {
        return family(std::move(name), std::move(help), prometheus::MetricType::Gauge);
    }
    void add(std::vector<prometheus::MetricFamily> families);

    // The Prometheus text format, version 0.0.4.
    [[nodiscard]] std::string text() const;

private:
    Family family(std::string name, std::string help, prometheus::MetricType type);

    std::vector<prometheus::MetricFamily> families_;
};

} // namespace interdict::daemon::metrics
