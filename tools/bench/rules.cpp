// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include "ruleset/compile.h"
#include "tools/bench/numbers.bpf.h"

namespace interdict::bench {

namespace {

constexpr std::int64_t kEffective = 1'640'995'200; // 2022-01-01
constexpr std::int64_t kExpires = 4'070'908'800;   // 2099-01-01

order::Order empty_order(const std::string& id)
{
    order::Order order;
    order.id = id;
    order.authority = "bench";
    order.reference = id;
    order.jurisdiction = "ZZ";
    order.issued = kEffective;
    order.effective = kEffective;
    order.expires = kExpires;
    return order;
}

std::string name_of(std::uint32_t i) { return fmt::format("{:08x}.example", bench_number(i)); }

} // namespace

order::Order address_order(const std::string& id, Numbers numbers)
{
    order::Order order = empty_order(id);
    order.targets.reserve(numbers.count);
    for (std::uint32_t i = numbers.first; i - numbers.first < numbers.count; ++i) {
        const std::uint32_t address = bench_number(i);
        order::Item item;
        auto& prefix = item.target.address.prefix;
        for (unsigned byte = 0; byte < 4; ++byte)
            prefix.address[byte] = static_cast<std::uint8_t>(address >> (24 - 8 * byte));
        prefix.length = 32;
        item.expires = kExpires;
        order.targets.push_back(std::move(item));
    }
    return order;
}

order::Order name_order(const std::string& id, Numbers numbers, interdict_action action)
{
    order::Order order = empty_order(id);
    order.actions[INTERDICT_CHANNEL_TLS] = static_cast<std::uint8_t>(action);
    order.targets.reserve(numbers.count);
    for (std::uint32_t i = numbers.first; i - numbers.first < numbers.count; ++i) {
        order::Item item;
        item.target.name.name = name_of(i);
        order.targets.push_back(std::move(item));
    }
    return order;
}

std::string host_below(std::uint32_t i) { return "vod1.tv.cdn." + name_of(i); }

Result<image::Image> image_of(const std::vector<order::Order>& orders)
{
    INTERDICT_TRY(const auto rules, ruleset::compile(orders, {}));
    return image::build_image(rules);
}

Result<void> publish(plane::Plane& plane, const image::Image& image)
{
    INTERDICT_TRY(const auto staged, plane.stage(image));
    INTERDICT_TRY(const auto published, plane.publish(staged, {}));
    if (published.afterwards)
        return std::unexpected(*published.afterwards);
    return {};
}

Result<void> load(plane::Plane& plane, const std::vector<order::Order>& orders)
{
    INTERDICT_TRY(const auto image, image_of(orders));
    return publish(plane, image);
}

} // namespace interdict::bench
