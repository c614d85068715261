// SPDX-License-Identifier: Apache-2.0
//
// The plane's life: up, adopted, refused, taken down. With real pins under /sys/fs/bpf (or the directory in
// INTERDICT_TEST_BPFFS) and veth pairs in a network namespace that ends with the test.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lifecycle.h"
#include "plane/prove.h"

using namespace interdict;
using namespace interdict::lifecycle;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a pinned plane is adopted with its counters and its live generation")
{
    const PinSet pins;
    const Namespace space;
    const Rules rules({kBlocked});
    {
        auto plane = bring_up(pins, {subscriber("sub0")});
        make_live(plane, rules, rules.ids());
        Namespace::send(frame_to(kBlocked));
        CHECK(reaches(plane, rules.id(kBlocked), 1));
    }
    Namespace::send(frame_to(kBlocked)); // nobody is there but the kernel
    auto plane = plane::Plane::adopt(pins.path(), plane::Access::Write);
    REQUIRE(plane);
    CHECK(reaches(*plane, rules.id(kBlocked), 2));
    CHECK(plane->generation()->number == 1);
    const auto interfaces = plane->interfaces().value();
    REQUIRE(interfaces.size() == 1);
    CHECK(interfaces[0].attachment.interface == "sub0");
    CHECK(interfaces[0].attachment.attached);
    CHECK_FALSE(interfaces[0].attachment.generic);
    CHECK(interfaces[0].role == INTERDICT_ROLE_SUBSCRIBER);

    const Rules second({kBlocked, kOther}, &rules.set);
    CHECK(make_live(*plane, second, std::vector{second.id(kOther)}).number == 2);
    Namespace::send(frame_to(kOther));
    CHECK(reaches(*plane, second.id(kOther), 1));
    CHECK(packets(*plane, rules.id(kBlocked)) == 2);
}

TEST_CASE("counters beyond the first 65,536 ids are adopted too")
{
    const PinSet pins;
    Rules rules({kBlocked});
    rules.image.rules.resize(70000);
    rules.image.header.rules = 70000;
    {
        auto plane = bring_up(pins, {});
        CHECK_FALSE(plane.maps().counter(65536));
        make_live(plane, rules, {});
        plane.maps().hits(69999, 0)->packets = 5;
    }
    const auto plane = plane::Plane::adopt(pins.path(), plane::Access::Read);
    REQUIRE(plane);
    CHECK(packets(*plane, 69999) == 5);
    CHECK_FALSE(plane->maps().counter(2 * 65536));
}

TEST_CASE("reading a plane does not keep its writer out")
{
    const PinSet pins;
    auto writer = bring_up(pins, {});
    const auto reader = plane::Plane::adopt(pins.path(), plane::Access::Read);
    REQUIRE(reader);
    const Rules rules({kBlocked});
    make_live(writer, rules, rules.ids());
    CHECK(reader->generation()->number == 1);
}

TEST_CASE("a second writer is refused while the first one lives, by directory and by file")
{
    const PinSet pins;
    auto config = pins.config();
    const fs::path file = fs::temp_directory_path() / fmt::format("interdict_test_{}.lock", ::getpid());
    SECTION("the pin directory") {}
    SECTION("a lock file") { config.lock = file; }
    {
        auto first = plane::Plane::up(config, {});
        REQUIRE(first);
        const auto second = plane::Plane::up(config, {});
        REQUIRE_FALSE(second);
        CHECK(second.error().code == EWOULDBLOCK);
        CHECK_THAT(second.error().message,
                   ContainsSubstring("another interdict (process " + std::to_string(::getpid()) + ")"));
        CHECK_FALSE(plane::Plane::adopt(pins.path(), plane::Access::Write, config.lock));
        CHECK_FALSE(plane::Plane::down(pins.path(), config.lock));
    }
    CHECK(plane::Plane::up(config, {}));
    CHECK(plane::Plane::down(pins.path(), config.lock));
    fs::remove(file);
}

TEST_CASE("a pin set of another layout is refused by name and can be taken down")
{
    const PinSet pins;
    {
        const auto plane = bring_up(pins, {});
        plane.maps().control().layout = INTERDICT_LAYOUT_VERSION + 1;
    }
    const auto adopted = plane::Plane::adopt(pins.path(), plane::Access::Write);
    REQUIRE_FALSE(adopted);
    CHECK_THAT(adopted.error().message,
               ContainsSubstring(fmt::format("{}/maps/control: layout version {}, this build has {}",
                                             pins.path().string(), INTERDICT_LAYOUT_VERSION + 1,
                                             INTERDICT_LAYOUT_VERSION)));
    CHECK_THAT(adopted.error().message, ContainsSubstring("interdict down"));
    CHECK_FALSE(plane::Plane::up(pins.config(), {}));
    CHECK(fs::exists(pins.path() / "maps/control"));
    CHECK(plane::Plane::down(pins.path()));
    CHECK_FALSE(fs::exists(pins.path()));
}

TEST_CASE("a pin set with a map of another size is refused, naming the pin, found and expected")
{
    const PinSet pins;
    static_cast<void>(bring_up(pins, {}));
    const auto pin = pins.path() / "maps/vlan_scopes";
    REQUIRE(::unlink(pin.c_str()) == 0);
    LIBBPF_OPTS(bpf_map_create_opts, options);
    options.map_flags = BPF_F_MMAPABLE;
    const Fd other(bpf_map_create(BPF_MAP_TYPE_ARRAY, "other", 4, 4, 16, &options));
    REQUIRE(bpf_obj_pin(other.get(), pin.c_str()) == 0);
    const auto adopted = plane::Plane::adopt(pins.path(), plane::Access::Read);
    REQUIRE_FALSE(adopted);
    CHECK_THAT(adopted.error().message,
               ContainsSubstring(pin.string() + ": number of entries 16, this build has 8208"));
}

TEST_CASE("what a controller left that died while it brought the plane up is replaced")
{
    const PinSet pins;
    static_cast<void>(bring_up(pins, {}));
    REQUIRE(::unlink((pins.path() / "maps/control").c_str()) == 0);
    CHECK_THAT(plane::Plane::adopt(pins.path(), plane::Access::Read).error().message,
               ContainsSubstring("no plane is up here"));
    CHECK(plane::Plane::up(pins.config(), {}));
    CHECK(plane::Plane::adopt(pins.path(), plane::Access::Read));
}

TEST_CASE("a pin path outside a BPF file system is refused with the mount command")
{
    need_privilege();
    plane::Config config;
    config.pins = fs::temp_directory_path() / "interdict_no_bpffs/pins";
    const auto up = plane::Plane::up(config, {});
    REQUIRE_FALSE(up);
    CHECK_THAT(up.error().message, ContainsSubstring("mount -t bpf bpf /sys/fs/bpf"));
    CHECK_FALSE(fs::exists(config.pins.parent_path()));
    CHECK_THAT(plane::Plane::adopt(config.pins, plane::Access::Read).error().message,
               ContainsSubstring("mount -t bpf bpf"));
}

TEST_CASE("without privilege the error names the capabilities")
{
    need_privilege();
    int channel[2];
    REQUIRE(::pipe(channel) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::string message = "setuid failed";
        if (::setuid(65534) == 0) {
            const auto plane = plane::Plane::detached();
            message = plane ? "it was allowed" : plane.error().message;
        }
        static_cast<void>(::write(channel[1], message.data(), message.size()));
        ::_exit(0);
    }
    ::close(channel[1]);
    std::string message(4096, '\0');
    message.resize(
        static_cast<std::size_t>(std::max<ssize_t>(::read(channel[0], message.data(), message.size()), 0)));
    ::close(channel[0]);
    ::waitpid(child, nullptr, 0);
    CHECK_THAT(message, ContainsSubstring("CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"));
}

TEST_CASE("down leaves nothing behind, and no error if there is nothing")
{
    const PinSet pins;
    const Namespace space;
    static_cast<void>(bring_up(pins, {subscriber("sub0")}));
    LIBBPF_OPTS(bpf_xdp_query_opts, info);
    const auto index = static_cast<int>(::if_nametoindex("sub0"));
    REQUIRE(bpf_xdp_query(index, 0, &info) == 0);
    CHECK(info.prog_id != 0);
    CHECK(plane::Plane::down(pins.path()));
    REQUIRE(bpf_xdp_query(index, 0, &info) == 0);
    CHECK(info.prog_id == 0);
    CHECK_FALSE(fs::exists(pins.path()));
    CHECK(plane::Plane::down(pins.path()));
}

TEST_CASE("an interface that does not exist fails a first up without a trace")
{
    const PinSet pins;
    const Namespace space;
    const auto up = plane::Plane::up(pins.config(), std::vector{subscriber("sub0"), subscriber("nowhere")});
    REQUIRE_FALSE(up);
    CHECK_THAT(up.error().message, ContainsSubstring("nowhere: no such interface"));
    CHECK_FALSE(fs::exists(pins.path()));
    LIBBPF_OPTS(bpf_xdp_query_opts, info);
    REQUIRE(bpf_xdp_query(static_cast<int>(::if_nametoindex("sub0")), 0, &info) == 0);
    CHECK(info.prog_id == 0);
}

TEST_CASE("an interface that does not exist fails a later up and the plane goes on as it was")
{
    const PinSet pins;
    const Namespace space;
    const Rules rules({kBlocked});
    {
        auto plane = bring_up(pins, {subscriber("sub0")});
        make_live(plane, rules, rules.ids());
    }
    const std::vector<plane::InterfaceRequest> asked = {
        {.name = "sub0", .role = INTERDICT_ROLE_UPLINK}, subscriber("sub1"), subscriber("nowhere")};
    CHECK_FALSE(plane::Plane::up(pins.config(), asked));
    const auto plane = plane::Plane::adopt(pins.path(), plane::Access::Read);
    REQUIRE(plane);
    const auto interfaces = plane->interfaces().value();
    REQUIRE(interfaces.size() == 1);
    CHECK(interfaces[0].role == INTERDICT_ROLE_SUBSCRIBER);
    Namespace::send(frame_to(kBlocked));
    CHECK(reaches(*plane, rules.id(kBlocked), 1));
}

TEST_CASE("a later up adds and removes interfaces and keeps the rest")
{
    const PinSet pins;
    const Namespace space;
    REQUIRE(shell("ip link set sub1 down && ip link set sub1 name sub1.7 && ip link set sub1.7 up") == 0);
    static_cast<void>(bring_up(pins, {subscriber("sub0")}));
    const std::vector<std::string> remove = {"sub0"};
    auto config = pins.config();
    // A name that bpffs does not take as it is.
    const auto up = plane::Plane::up(config, std::vector{subscriber("sub1.7")}, remove);
    if (!up)
        FAIL(up.error().message);
    CHECK(up->warnings().empty());
    const auto interfaces = up->interfaces().value();
    REQUIRE(interfaces.size() == 1);
    CHECK(interfaces[0].attachment.interface == "sub1.7");
    CHECK(interfaces[0].attachment.attached);
}

TEST_CASE("a device without native XDP falls back to generic mode, loudly")
{
    const PinSet pins;
    const Namespace space;
    const auto up = bring_up(pins, {subscriber("lo")});
    REQUIRE_FALSE(up.warnings().empty());
    CHECK_THAT(up.warnings().back(), ContainsSubstring("lo: GENERIC mode"));
    const auto interfaces = up.interfaces().value();
    REQUIRE(interfaces.size() == 1);
    CHECK(interfaces[0].attachment.generic);
    CHECK(interfaces[0].attachment.attached);
}

TEST_CASE("generic mode can be forbidden")
{
    const PinSet pins;
    const Namespace space;
    auto config = pins.config();
    config.attach.generic_allowed = false;
    const auto up = plane::Plane::up(config, std::vector{subscriber("lo")});
    REQUIRE_FALSE(up);
    CHECK_THAT(up.error().message, ContainsSubstring("lo: native mode"));
    CHECK_FALSE(fs::exists(pins.path()));
}

TEST_CASE("an interface that another XDP program holds is refused by name of the program")
{
    const PinSet pins;
    const Namespace space;
    const bpf_insn pass[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    const Fd other(bpf_prog_load(BPF_PROG_TYPE_XDP, "stranger", "GPL", pass, 2, nullptr));
    const auto index = static_cast<int>(::if_nametoindex("sub0"));
    REQUIRE(bpf_xdp_attach(index, other.get(), XDP_FLAGS_DRV_MODE, nullptr) == 0);
    auto config = pins.config();
    config.attach.means = plane::Means::Link;
    const auto up = plane::Plane::up(config, std::vector{subscriber("sub0")});
    REQUIRE_FALSE(up);
    CHECK(up.error().code == EBUSY);
    CHECK_THAT(up.error().message, ContainsSubstring("(stranger) holds the interface"));
    CHECK_THAT(up.error().message, ContainsSubstring("ip link set dev sub0 xdpdrv off"));
    CHECK_FALSE(fs::exists(pins.path()));
    LIBBPF_OPTS(bpf_xdp_query_opts, info);
    REQUIRE(bpf_xdp_query(index, 0, &info) == 0);
    CHECK(info.prog_id != 0);
}

TEST_CASE("the dispatcher alone can be asked for; where the kernel refuses it the error says so")
{
    const PinSet pins;
    const Namespace space;
    auto config = pins.config();
    config.attach.means = plane::Means::Dispatcher;
    const auto up = plane::Plane::up(config, std::vector{subscriber("sub0")});
    if (plane::dispatcher_available()) {
        if (!up)
            FAIL(up.error().message);
        CHECK(up->interfaces().value().at(0).attachment.means == plane::Means::Dispatcher);
        CHECK(up->interfaces().value().at(0).attachment.attached);
    } else {
        REQUIRE_FALSE(up);
        CHECK_THAT(up.error().message, ContainsSubstring("no dispatcher: the kernel refuses"));
        CHECK_FALSE(fs::exists(pins.path()));
    }
}

TEST_CASE(
    "an interface that is gone is said to be gone, and one that comes back under its name is attached anew")
{
    const PinSet pins;
    const Namespace space;
    const Rules rules({kBlocked});
    auto plane = bring_up(pins, {subscriber("sub0")});
    make_live(plane, rules, rules.ids());
    REQUIRE(shell("ip link del sub0") == 0);
    const auto gone = plane.interfaces().value();
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].attachment.ifindex == 0);
    CHECK_FALSE(gone[0].attachment.attached);

    Namespace::make_pair();
    plane = detached_plane(); // lets go of the lock
    const auto back = bring_up(pins, {subscriber("sub0")});
    CHECK(back.interfaces().value().at(0).attachment.attached);
    Namespace::send(frame_to(kBlocked));
    CHECK(reaches(back, rules.id(kBlocked), 1));
}

TEST_CASE("every inspector is loaded")
{
    const auto plane = detached_plane();
    CHECK_FALSE(plane.programs().stages().empty());
    for (const auto& stage : plane.programs().stages()) {
        INFO(stage.name << ": " << stage.reason);
        CHECK(stage.loaded);
    }
}

TEST_CASE("two planes share an interface under the dispatcher, and one goes without the other noticing")
{
    if (!plane::dispatcher_available())
        SKIP(plane::dispatcher_available().error().message);
    const PinSet first;
    const PinSet second;
    const Namespace space;
    const Rules one({kBlocked});
    const Rules other({kOther});
    const auto under_dispatcher = [](const PinSet& pins, unsigned priority) {
        auto config = pins.config();
        config.attach.means = plane::Means::Dispatcher;
        config.attach.priority = priority;
        auto up = plane::Plane::up(config, std::vector{subscriber("sub0")});
        if (!up)
            FAIL(up.error().message);
        return *std::move(up);
    };
    auto before = under_dispatcher(first, 10);
    auto behind = under_dispatcher(second, 20);
    make_live(before, one, one.ids());
    make_live(behind, other, other.ids());
    Namespace::send(frame_to(kBlocked));
    CHECK(reaches(before, one.id(kBlocked), 1));
    Namespace::send(frame_to(kOther));
    CHECK(reaches(behind, other.id(kOther), 1));

    before = detached_plane(); // lets go of the lock
    REQUIRE(plane::Plane::down(first.path()));
    CHECK(behind.interfaces().value().at(0).attachment.attached);
    Namespace::send(frame_to(kOther));
    CHECK(reaches(behind, other.id(kOther), 2));
}

TEST_CASE("proofs on an attached plane go through pinned programs of their own, and leave its counters alone")
{
    const Namespace namespace_;
    const PinSet pins;
    const Rules rules({kBlocked});
    {
        auto plane = bring_up(pins, {subscriber("sub0")});
        REQUIRE(plane.stage(rules.image));
        const auto proof = plane::prove(plane, plane::Generation::Staged, rules.set).value();
        CHECK(proof.proven == rules.ids());
        CHECK(proof.right == proof.possible);
        make_live(plane, rules, rules.ids());
    }
    auto plane = plane::Plane::adopt(pins.path(), plane::Access::Write).value();
    const auto totals = plane::read_totals(plane.maps()).value();
    CHECK(plane::prove(plane, plane::Generation::Live, rules.set).value().proven == rules.ids());
    CHECK(packets(plane, rules.id(kBlocked)) == 0);
    CHECK(plane::read_totals(plane.maps()).value().value[INTERDICT_TOTAL_HIT_ADDRESS] ==
          totals.value[INTERDICT_TOTAL_HIT_ADDRESS]);
    Namespace::send(frame_to(kBlocked));
    CHECK(reaches(plane, rules.id(kBlocked), 1));
    CHECK_THAT(plane::prove(plane, plane::Generation::Staged, rules.set).error().message,
               ContainsSubstring("not staged"));
}

TEST_CASE("a plane that was adopted for reading is not proven, and takes no frames")
{
    const PinSet pins;
    const auto up = bring_up(pins, {});
    auto reader = plane::Plane::adopt(pins.path(), plane::Access::Read).value();
    CHECK_THAT(reader.prover().error().message, ContainsSubstring("for writing"));
    CHECK_THAT(reader.runner().error().message, ContainsSubstring("for writing"));
}
