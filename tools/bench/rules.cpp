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
    order.notice.blocked_by = "https://isp.example/";
    order.notice.complaint = "https://isp.example/complaints";
    return order;
}

order::Item name_item(std::string name)
{
    order::Item item;
    item.target.name.name = std::move(name);
    return item;
}

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
    for (std::uint32_t i = numbers.first; i - numbers.first < numbers.count; ++i)
        order.targets.push_back(name_item(name_of(i)));
    return order;
}

order::Order order_of(const std::string& id, const std::vector<std::string>& names)
{
    order::Order order = empty_order(id);
    for (const auto& name : names)
        order.targets.push_back(name_item(name));
    return order;
}

std::string name_of(std::uint32_t i) { return fmt::format("{:08x}.example", bench_number(i)); }

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

Result<plane::Plane> loaded_plane(const image::Image& image, std::uint32_t quic_budget)
{
    INTERDICT_TRY(auto plane,
                  plane::Plane::detached({.role = INTERDICT_ROLE_SUBSCRIBER, .quic_budget = quic_budget}));
    plane.maps().control().flags &= ~static_cast<__u32>(INTERDICT_CONTROL_REPORT);
    for (const auto& stage : plane.programs().stages())
        if (!stage.loaded)
            return fail("the kernel refuses the program {}: {}", stage.name, stage.reason);
    INTERDICT_CHECK(publish(plane, image));
    return plane;
}

Result<void> load(plane::Plane& plane, const std::vector<order::Order>& orders)
{
    INTERDICT_TRY(const auto image, image_of(orders));
    return publish(plane, image);
}

} // namespace interdict::bench
