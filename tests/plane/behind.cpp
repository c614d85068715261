// SPDX-License-Identifier: Apache-2.0
//
// Names behind addresses that rules observe: counted by HyperLogLog, whatever channel they come by.
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <linux/bpf.h>
#include <netinet/in.h>

#include "harness/orders.h"
#include "harness/plane_pool.h"
#include "image/image.h"
#include "order/parse.h"
#include "plane/prove.h"
#include "plane/sketches.h"
#include "probe/synthesiser.h"
#include "ruleset/compile.h"
#include "ruleset/diff.h"

using namespace interdict;
using namespace interdict::harness;

namespace {

const std::string kAddress = "198.51.100.7";
const std::string kObserve = R"(, "mode": "observe")";

class Watch {
public:
    explicit Watch(const std::string& orders, std::uint32_t role = INTERDICT_ROLE_SUBSCRIBER)
        : plane_(take(role)), synthesiser_(probe::Synthesiser::make().value())
    {
        // The estimates below are those of this key.
        plane_->maps().control().sketch_key[0] = 0x0123456789abcdef;
        plane_->maps().control().sketch_key[1] = 0xfedcba9876543210;
        publish(orders);
    }
    ~Watch() { publish(blocking({block_name("nothing.example")})); }

    void publish(const std::string& text)
    {
        auto parsed = order::parse_orders(text, "orders");
        REQUIRE(parsed.ok());
        auto next = ruleset::compile(parsed.orders, {}, &rules_).value();
        const auto staged = plane_->stage(image::build_image(next).value()).value();
        const auto changes = ruleset::diff(rules_, next);
        REQUIRE(plane_->publish(staged, {.added = changes.added, .removed = changes.removed}));
        rules_ = std::move(next);
    }

    void send(unsigned channel, const std::string& name, const std::string& to = kAddress)
    {
        probe::Packet packet;
        packet.channel = channel;
        packet.subscriber = order::parse_address("192.0.2.1").value();
        packet.remote = order::parse_address(to).value();
        packet.subscriber_port = static_cast<std::uint16_t>(1024 + sent_++ % 60000);
        packet.remote_port = channel == INTERDICT_CHANNEL_DNS ? 53 : 443;
        packet.protocol = IPPROTO_TCP;
        packet.name = name;
        if (!runner_)
            runner_.emplace(plane_->runner().value());
        REQUIRE(runner_->run(synthesiser_.frame(packet)).value().action == XDP_PASS);
    }

    void send(std::size_t names)
    {
        for (std::size_t i = 0; i < names; ++i)
            send(INTERDICT_CHANNEL_TLS, "host" + std::to_string(i) + ".shared.example");
    }

    std::uint32_t id(const std::string& target) const
    {
        for (const auto& rule : rules_.rules)
            if (to_string(rule.target).starts_with(target))
                return rule.id();
        FAIL("no rule on " << target);
        return 0;
    }

    std::optional<double> names(const std::string& target = kAddress)
    {
        return plane::names_behind(plane_->maps(), id(target));
    }

    plane::Plane& plane() { return *plane_; }
    const ruleset::Ruleset& rules() const { return rules_; }

private:
    static PooledPlane take(std::uint32_t role)
    {
        auto taken = PooledPlane::take({.role = role});
        if (!taken && (taken.error().code == EPERM || taken.error().code == ENOSYS))
            SKIP("no privilege to load BPF programs: " << taken.error().message);
        if (!taken)
            FAIL(taken.error().message);
        return *std::move(taken);
    }

    PooledPlane plane_;
    probe::Synthesiser synthesiser_;
    std::optional<plane::Runner> runner_;
    ruleset::Ruleset rules_;
    std::size_t sent_ = 0;
};

bool within(std::optional<double> names, double truth)
{
    return names && std::abs(*names - truth) <= std::max(0.5, 2 * plane::kSketchError * truth);
}

const std::string kWatched = blocking({block_prefix(kAddress + "/32")}, kObserve);

} // namespace

TEST_CASE("behind: 0, 1, 10, 1,000 and 50,000 names are within two standard errors")
{
    for (const std::size_t count : {0, 1, 10, 1000, 50000}) {
        Watch watch(kWatched);
        watch.send(count);
        INFO(count << " names, estimated " << watch.names().value_or(-1));
        CHECK(within(watch.names(), static_cast<double>(count)));
    }
}

TEST_CASE("behind: a name that is seen again, in another case or by another channel, adds nothing")
{
    Watch watch(kWatched);
    watch.send(10);
    const double before = watch.names().value();
    for (int i = 0; i < 3; ++i)
        watch.send(10);
    watch.send(INTERDICT_CHANNEL_TLS, "HOST3.Shared.Example");
    watch.send(INTERDICT_CHANNEL_QUIC, "host4.shared.example");
    watch.send(INTERDICT_CHANNEL_HTTP, "host5.shared.example");
    CHECK(watch.names() == before);
}

TEST_CASE("behind: names in TLS, QUIC and HTTP count; names asked for by DNS and packets without one do not")
{
    Watch watch(kWatched);
    watch.send(INTERDICT_CHANNEL_DNS, "asked.example");
    watch.send(INTERDICT_CHANNEL_ADDRESS, "");
    CHECK(watch.names() == 0.0);
    watch.send(INTERDICT_CHANNEL_TLS, "tls.example");
    CHECK(within(watch.names(), 1));
    watch.send(INTERDICT_CHANNEL_QUIC, "quic.example");
    CHECK(within(watch.names(), 2));
    watch.send(INTERDICT_CHANNEL_HTTP, "http.example");
    CHECK(within(watch.names(), 3));
}

TEST_CASE("behind: another address does not count; an address and the prefix around it both do")
{
    Watch watch(blocking(
        {block_prefix(kAddress + "/32"), block_prefix("198.51.100.0/24"), block_prefix("203.0.113.9/32")},
        kObserve));
    watch.send(INTERDICT_CHANNEL_TLS, "one.example", kAddress);
    watch.send(INTERDICT_CHANNEL_TLS, "two.example", "198.51.100.8");
    watch.send(INTERDICT_CHANNEL_TLS, "three.example", "192.0.2.200");
    CHECK(within(watch.names("198.51.100.7"), 1));
    CHECK(within(watch.names("198.51.100.0"), 2));
    CHECK(watch.names("203.0.113.9") == 0.0);
}

TEST_CASE("behind: rules that block, and rules on names, have no sketch")
{
    Watch watch(orders({harness::order({block_prefix("203.0.113.9/32")}, "", "block"),
                        harness::order({block_name("watched.example")}, kObserve, "name")}));
    CHECK_FALSE(watch.names("203.0.113.9"));
    CHECK_FALSE(watch.names("watched.example"));
}

TEST_CASE("behind: a swap keeps the count of a rule that stays; a new rule begins at none, whatever its id")
{
    Watch watch(kWatched);
    watch.send(10);
    const auto before = watch.names();
    const std::uint32_t id = watch.id(kAddress);
    watch.publish(blocking({block_prefix(kAddress + "/32"), block_prefix("203.0.113.9/32")}, kObserve));
    CHECK(watch.id(kAddress) == id);
    CHECK(watch.names() == before);
    CHECK(watch.names("203.0.113.9") == 0.0);
    // Ids that are free are given out again from the next rule set on.
    watch.publish(blocking({block_prefix("203.0.113.9/32")}, kObserve));
    watch.publish(blocking({block_prefix("203.0.113.9/32"), block_prefix("203.0.113.10/32")}, kObserve));
    REQUIRE(watch.id("203.0.113.10") == id);
    CHECK(watch.names("203.0.113.10") == 0.0);
    watch.send(INTERDICT_CHANNEL_TLS, "one.example", "203.0.113.10");
    CHECK(within(watch.names("203.0.113.10"), 1));
    CHECK(watch.names("203.0.113.9") == 0.0);
}

TEST_CASE("behind: a proof and a canary count no name")
{
    Watch watch(kWatched);
    CHECK(plane::prove(watch.plane(), plane::Generation::Live, watch.rules()).value().ok());
    const std::vector<order::Target> canaries{{.name = {.name = "canary.example"}, .address = {}}};
    CHECK(
        plane::check_canaries(watch.plane(), plane::Generation::Live, watch.rules(), canaries).value().ok());
    CHECK(watch.names() == 0.0);
}

TEST_CASE("behind: more rules than there are sketches: the last ones observe without")
{
    std::string targets;
    for (unsigned i = 0; i < INTERDICT_SKETCHES; ++i)
        targets += (i ? ", " : "") +
                   block_prefix("203." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".1/32");
    Watch watch(blocking({targets}, kObserve));
    CHECK(watch.names("203.0.0.1") == 0.0);
    CHECK_FALSE(watch.names("203.15.255.1"));
    watch.send(INTERDICT_CHANNEL_TLS, "one.example", "203.15.255.1");
    CHECK(watch.plane().maps().counter(watch.id("203.15.255.1"))->packets == 1);
}
