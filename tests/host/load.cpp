// SPDX-License-Identifier: Apache-2.0
#include "host/load.h"

#include <cstdio>
#include <cstdlib>

#include "host/host.h"
#include "order/parse.h"
#include "ruleset/compile.h"

namespace interdict::host {

void publish(const image::Image& image)
{
    std::vector<interdict_prefix_key> prefixes;
    std::vector<std::uint32_t> scopes;
    for (const auto& prefix : image.scopes.prefixes) {
        prefixes.push_back(prefix.key);
        scopes.push_back(prefix.scopes);
    }
    static_assert(sizeof(__u64) == sizeof(std::uint64_t));
    const host_tables tables = {
        .header = &image.header,
        .name_key = &image.name_key,
        .filter = reinterpret_cast<const __u64*>(image.filter.data()),
        .buckets = image.buckets.data(),
        .rules = image.rules.data(),
        .answers = image.answers.data(),
        .vlans = image.scopes.vlans.data(),
        .prefixes = prefixes.data(),
        .prefix_scopes = scopes.data(),
        .answers_count = static_cast<__u32>(image.answers.size()),
        .prefixes_count = static_cast<__u32>(prefixes.size()),
        .interface_scope = image.scopes.interface_default,
    };
    host_publish(&tables);
}

} // namespace interdict::host

namespace {

[[noreturn]] void give_up(const std::string& message)
{
    std::fprintf(stderr, "host: %s\n", message.c_str());
    std::abort();
}

} // namespace

unsigned host_load_orders(const char* text)
{
    using namespace interdict;
    constexpr std::uint64_t kSeed = 1;
    auto parsed = order::parse_orders(text, "orders");
    if (!parsed.ok())
        give_up(to_string(parsed.problems.front()));
    const auto compiled = ruleset::compile(parsed.orders, {});
    if (!compiled)
        give_up(compiled.error().message);
    const auto image = image::build_image(*compiled, {}, {.seed = kSeed, .content_hash = {}});
    if (!image)
        give_up(image.error().message);
    host::publish(*image);
    return image->header.rules;
}
