// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <set>

#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "book/book.h"
#include "cli/commands.h"
#include "control/state.h"
#include "daemon/config.h"
#include "plane/capabilities.h"
#include "plane/nic.h"
#include "plane/pins.h"
#include "plane/plane.h"

namespace interdict::cli {

namespace {

namespace fs = std::filesystem;

enum class Finding : std::uint8_t { Ok, Warning, Fault };

constexpr unsigned kOldestMajor = 6; // what the tests boot: docs/testing.md
constexpr unsigned kOldestMinor = 1;
constexpr std::uint64_t kLittleRoom = 1'000'000'000; // bytes
constexpr std::uint64_t kNoRoom = 100'000'000;
constexpr unsigned kPageMtu = 3498; // bytes: beyond it a frame does not fit a page with XDP's headroom
constexpr std::int64_t kBookAhead = 60;

// Drivers of Linux 6.1 with native XDP, for kernels before 6.3, which cannot be asked.
constexpr std::string_view kNative[] = {"bnxt_en",
                                        "bonding",
                                        "cpsw",
                                        "dpaa2-eth",
                                        "ena",
                                        "enetc",
                                        "fec",
                                        "fsl_dpa",
                                        "gve",
                                        "hv_netvsc",
                                        "i40e",
                                        "ice",
                                        "igb",
                                        "igc",
                                        "ixgbe",
                                        "ixgbevf",
                                        "lan966x-switch",
                                        "mana",
                                        "mlx4_en",
                                        "mlx5_core",
                                        "mtk_soc_eth",
                                        "mvneta",
                                        "mvpp2",
                                        "netsec",
                                        "nfp",
                                        "octeontx2-nicpf",
                                        "qede",
                                        "rvu_nicpf",
                                        "rvu_nicvf",
                                        "sfc",
                                        "stmmac",
                                        "thunder-nicvf",
                                        "tsnep",
                                        "tun",
                                        "veth",
                                        "virtio_net",
                                        "vmxnet3",
                                        "xen-netfront",
                                        "st_gmac"};

class Doctor {
public:
    Doctor(Session& session, std::vector<std::string> interfaces, std::string config)
        : session_(session), interfaces_(std::move(interfaces)), config_(std::move(config))
    {
    }
    Result<Exit> run();

private:
    void note(Finding finding, std::string what, std::string message, std::string remedy = {});
    void kernel();
    void sysctl();
    void privileges();
    void bpffs();
    void clock();
    void state();
    void configuration();
    void socket();
    void plane();
    void interface(const std::string& name);
    void driver(std::string what, const plane::Nic& nic);

    Session& session_;
    std::vector<std::string> interfaces_;
    std::string config_;
    std::set<std::string> ours_; // interfaces that the plane is on
    Json checks_ = Json::array();
    unsigned warnings_ = 0;
    unsigned faults_ = 0;
};

void Doctor::note(Finding finding, std::string what, std::string message, std::string remedy)
{
    constexpr std::string_view kWords[] = {"ok", "warning", "fault"};
    constexpr Tone kTones[] = {Tone::Good, Tone::Doubtful, Tone::Bad};
    const auto index = static_cast<std::size_t>(finding);
    warnings_ += finding == Finding::Warning;
    faults_ += finding == Finding::Fault;
    session_.console.say("{}{}  {}: {}", session_.console.paint(kTones[index], kWords[index]),
                         std::string(8 - kWords[index].size(), ' '), what, message);
    if (!remedy.empty())
        session_.console.say("          {}", remedy);
    checks_.push_back({{"check", std::move(what)},
                       {"result", kWords[index]},
                       {"message", std::move(message)},
                       {"remedy", std::move(remedy)}});
}

void Doctor::kernel()
{
    utsname name = {};
    ::uname(&name);
    unsigned major = 0;
    unsigned minor = 0;
    const std::string_view release = name.release;
    const auto dot = std::from_chars(release.data(), release.data() + release.size(), major).ptr;
    std::from_chars(std::min(dot + 1, release.data() + release.size()), release.data() + release.size(),
                    minor);
    if (std::pair(major, minor) < std::pair(kOldestMajor, kOldestMinor))
        note(Finding::Warning, "kernel",
             fmt::format("{} is older than 6.1, the oldest that is tested", release),
             "upgrade to 6.1 or newer");
    else
        note(Finding::Ok, "kernel", name.release);
    if (::access("/sys/kernel/btf/vmlinux", R_OK) == 0)
        note(Finding::Ok, "btf", "the kernel describes its types");
    else
        note(Finding::Fault, "btf", "/sys/kernel/btf/vmlinux is not there or not readable",
             "use a kernel with CONFIG_DEBUG_INFO_BTF=y");
}

void Doctor::sysctl()
{
    const auto value = [](const char* file) {
        return read_file(std::string("/proc/sys/") + file).value_or("?");
    };
    if (const auto jit = value("net/core/bpf_jit_enable"); jit.starts_with('0'))
        note(Finding::Fault, "jit", "BPF programs are interpreted: several times slower",
             "sysctl net.core.bpf_jit_enable=1");
    else
        note(Finding::Ok, "jit", jit.starts_with('?') ? "not said to this user" : "on");
    if (value("net/core/bpf_jit_harden").starts_with('2'))
        note(Finding::Warning, "jit-harden", "constants are blinded for root, too: programs are slower",
             "sysctl net.core.bpf_jit_harden=1");
    if (value("kernel/unprivileged_bpf_disabled").starts_with('0'))
        note(Finding::Warning, "unprivileged-bpf", "any user may load BPF programs",
             "sysctl kernel.unprivileged_bpf_disabled=2");
    else
        note(Finding::Ok, "unprivileged-bpf", "off");
}

void Doctor::privileges()
{
    std::string missing;
    for (const auto& [capability, needed_for] : plane::missing_capabilities())
        missing += fmt::format("{}{}", missing.empty() ? "" : ", ", capability);
    if (missing.empty())
        note(Finding::Ok, "capabilities", "all that bringing a plane up takes");
    else
        note(Finding::Warning, "capabilities", "this user lacks " + missing,
             "run as root, or let the daemon do it; some checks below need them");
}

void Doctor::bpffs()
{
    const auto& pins = session_.globals.pins;
    if (const auto mounted = plane::check_bpffs(pins); !mounted)
        note(::geteuid() == 0 ? Finding::Fault : Finding::Warning, "bpffs", mounted.error().message,
             "mount -t bpf bpf /sys/fs/bpf");
    else
        note(Finding::Ok, "bpffs", fmt::format("{} is in one", pins.string()));
}

void Doctor::clock()
{
    timex kernel = {};
    const int state = ::adjtimex(&kernel);
    if (state == TIME_ERROR || (kernel.status & STA_UNSYNC))
        note(Finding::Warning, "clock", "the machine's clock is not synchronised",
             "windows and deadlines follow it: enable chrony or systemd-timesyncd");
    else
        note(Finding::Ok, "clock", "synchronised");
    const control::State state_directory(session_.globals.state);
    const auto book = book::Book::open(state_directory.book(), book::Access::Read);
    if (!book)
        return;
    const auto last = book->journal().last();
    if (!last || *last == 0)
        return;
    std::int64_t written = 0;
    const auto read = book->journal().each(*last, [&](const book::JournalEntry& entry) -> Result<void> {
        const Json record = Json::parse(entry.record, nullptr, false);
        if (record.is_object())
            if (const auto time = parse_timestamp(record.value("time", "")))
                written = *time;
        return {};
    });
    if (!read)
        note(Finding::Fault, "book", read.error().message, "interdict audit verify");
    else if (written > now() + kBookAhead)
        note(Finding::Fault, "clock-book",
             fmt::format("the book's last step is of {}, which has not come yet", format_timestamp(written)),
             "the clock is behind, or was ahead when the step was taken: set it right before the next one");
    else
        note(Finding::Ok, "clock-book", "not behind the last step");
}

void Doctor::state()
{
    const auto& path = session_.globals.state;
    struct stat info = {};
    if (::stat(path.c_str(), &info) != 0) {
        note(Finding::Warning, "state", fmt::format("{} is not there, or not to be seen", path.string()),
             "the first command that writes makes it");
        return;
    }
    if (info.st_mode & (S_IWGRP | S_IWOTH))
        note(Finding::Fault, "state", fmt::format("others may write into {}", path.string()),
             fmt::format("chmod go-w {}", path.string()));
    else
        note(Finding::Ok, "state", fmt::format("{} is its owner's alone", path.string()));
    struct statvfs disk = {};
    if (::statvfs(path.c_str(), &disk) != 0)
        return;
    const auto room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (disk.f_flag & ST_RDONLY)
        note(Finding::Fault, "disk", "read-only: no step can be taken",
             "remount it, and look why it became so");
    else if (room < kLittleRoom)
        note(room < kNoRoom ? Finding::Fault : Finding::Warning, "disk",
             fmt::format("{} MB left", room / 1'000'000), "make room: without it no step can be taken");
    else
        note(Finding::Ok, "disk", fmt::format("{} GB left", room / 1'000'000'000));
}

void Doctor::configuration()
{
    const bool given = !config_.empty();
    if (!given)
        config_ = daemon::kConfigFile;
    std::error_code none;
    if (!given && !fs::exists(config_, none))
        return;
    const auto parsed = daemon::load_config(config_);
    for (const auto& problem : parsed.problems)
        note(Finding::Fault, "config", to_string(problem));
    struct stat info = {};
    if (::stat(config_.c_str(), &info) == 0 && (info.st_mode & (S_IWGRP | S_IWOTH)))
        note(Finding::Fault, "config", fmt::format("others may write {}", config_),
             fmt::format("chmod go-w {}", config_));
    if (parsed.config.api.tcp && ::stat(parsed.config.api.tcp->key.c_str(), &info) == 0 &&
        (info.st_mode & (S_IRWXG | S_IRWXO)) & ~S_IRGRP)
        note(Finding::Fault, "tls-key",
             fmt::format("others may read {}", parsed.config.api.tcp->key.string()),
             fmt::format("chmod 600 {}", parsed.config.api.tcp->key.string()));
    if (parsed.ok())
        note(Finding::Ok, "config", config_);
    if (interfaces_.empty())
        for (const auto& one : parsed.config.interfaces)
            interfaces_.push_back(one.name);
}

void Doctor::socket()
{
    const auto& path = session_.globals.socket;
    struct stat info = {};
    if (::stat(path.c_str(), &info) != 0)
        return note(Finding::Ok, "daemon", fmt::format("none at {}", path.string()));
    if (info.st_mode & (S_IROTH | S_IWOTH))
        note(Finding::Fault, "socket", fmt::format("anybody may connect to {}", path.string()),
             "restart the daemon, which sets its mode");
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.string().size() >= sizeof(address.sun_path))
        return note(Finding::Fault, "daemon", "the path of the socket is too long", "choose a shorter one");
    std::ranges::copy(path.string(), address.sun_path);
    const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
        note(Finding::Ok, "daemon", fmt::format("answers at {}", path.string()));
    else if (errno == EACCES)
        note(Finding::Warning, "daemon", "this user may not ask it", "join the group of api.group");
    else
        note(Finding::Fault, "daemon", fmt::format("nobody answers at {}", path.string()),
             "systemctl status interdict; the filter goes on without it");
}

void Doctor::plane()
{
    if (!plane::Pins(session_.globals.pins).exist())
        return note(Finding::Warning, "plane", "none is up: nothing is filtered",
                    "start the daemon, or: interdict up --iface NAME:ROLE");
    const auto plane = plane::Plane::adopt(session_.globals.pins, plane::Access::Read);
    if (!plane)
        return note(Finding::Fault, "plane", plane.error().message);
    const auto live = plane->generation();
    if (live)
        note(Finding::Ok, "plane", fmt::format("generation {} is live", live->number));
    else
        note(Finding::Warning, "plane", "no generation is live: everything passes",
             "interdict apply FILE...");
    for (const auto& stage : plane->programs().stages())
        if (!stage.loaded)
            note(Finding::Warning, "stage",
                 fmt::format("{} is not loaded: what it inspects passes", stage.name),
                 "interdict status --verbose has the kernel's reason");
    const auto interfaces = plane->interfaces();
    for (std::size_t i = 0; interfaces && i < interfaces->size(); ++i) {
        const auto& attachment = (*interfaces)[i].attachment;
        if (attachment.attached)
            ours_.insert(attachment.interface);
        if (!attachment.attached)
            note(Finding::Fault, "attachment", fmt::format("{} is not filtered", attachment.interface),
                 fmt::format("interdict up --iface {}:ROLE", attachment.interface));
        else if (attachment.generic)
            note(Finding::Warning, "attachment",
                 fmt::format("{} is filtered in generic mode: several times slower", attachment.interface),
                 "another driver, MTU or offload; see its lines below");
        if (std::ranges::find(interfaces_, attachment.interface) == interfaces_.end())
            interfaces_.push_back(attachment.interface);
    }
}

// Whether it filters in native mode, and who says so.
void Doctor::driver(std::string what, const plane::Nic& nic)
{
    constexpr std::string_view kSlow = "generic mode is several times slower";
    const std::string name = nic.driver.empty() ? "a driver without a name" : nic.driver;
    if (nic.xdp_features && (*nic.xdp_features & plane::kXdpNative))
        return note(Finding::Ok, std::move(what),
                    fmt::format("{}: native XDP, says the kernel ({})", name,
                                plane::xdp_feature_names(*nic.xdp_features)));
    if (nic.xdp_features)
        return note(Finding::Warning, std::move(what),
                    fmt::format("{}: no native XDP, says the kernel ({}); {}", name,
                                plane::xdp_feature_names(*nic.xdp_features), kSlow),
                    "another NIC or driver; of a bond, bridge or VLAN: filter the interfaces below it");
    if (std::ranges::find(kNative, nic.driver) != std::end(kNative))
        return note(
            Finding::Ok, std::move(what),
            fmt::format("{}: in the list of drivers with native XDP; this kernel cannot be asked", name));
    note(Finding::Warning, std::move(what),
         fmt::format("{}: not in the list of drivers with native XDP, and this kernel cannot be asked; {}",
                     name, kSlow),
         "try: interdict up --mode native; docs/operations.md");
}

void Doctor::interface(const std::string& name)
{
    const auto nic = plane::survey(name);
    const auto what = [&](const char* part) { return fmt::format("{} {}", name, part); };
    if (!nic)
        return note(Finding::Fault, name, "there is no such interface",
                    "ip link; or take it out of the list");
    if (!nic->up)
        note(Finding::Warning, what("link"), "down", fmt::format("ip link set {} up", name));
    driver(what("driver"), *nic);
    if (nic->driver == "veth")
        note(Finding::Ok, what("peer"), "answers that are sent back need an XDP program on the peer");
    if (nic->mtu > kPageMtu && nic->xdp_features.value_or(0) & plane::kXdpManyPages)
        note(Finding::Ok, what("mtu"),
             fmt::format("{}: the driver takes frames of several pages (rx-sg)", nic->mtu));
    else if (nic->mtu > kPageMtu)
        note(Finding::Warning, what("mtu"),
             fmt::format("{}: most drivers refuse native XDP above {}", nic->mtu, kPageMtu),
             fmt::format("ip link set {} mtu 1500, unless the line needs it", name));
    else
        note(Finding::Ok, what("mtu"), std::to_string(nic->mtu));
    const auto offload = [&](std::optional<bool> on, const char* feature, const char* means) {
        if (on.value_or(false))
            note(Finding::Warning, what(feature), means, fmt::format("ethtool -K {} {} off", name, feature));
    };
    offload(nic->lro, "lro", "on: the driver refuses native XDP, or merges packets before they are judged");
    offload(nic->gro_hw, "rx-gro-hw", "on: packets may be merged before they are judged");
    offload(nic->vlan_off, "rxvlan",
            "on: where the NIC takes the tag off, rules with a scope of VLANs do not see it");
    if (nic->program == 0)
        note(Finding::Ok, what("xdp"), "no program");
    else if (ours_.contains(name))
        note(Finding::Ok, what("xdp"), "interdict's");
    else
        note(
            Finding::Warning, what("xdp"),
            fmt::format("program {}{} is attached", nic->program,
                        nic->program_name.empty() ? "" : " (" + nic->program_name + ")"),
            fmt::format("if it is not to stay: ip link set {} xdp off; beside it: docs/operations.md", name));
}

Result<Exit> Doctor::run()
{
    kernel();
    sysctl();
    privileges();
    bpffs();
    clock();
    state();
    configuration();
    socket();
    plane();
    for (const auto& name : interfaces_)
        interface(name);
    session_.console.put({{"checks", checks_}, {"warnings", warnings_}, {"faults", faults_}});
    session_.console.say("{}, {}", counted(faults_, "fault"), counted(warnings_, "warning"));
    return faults_ != 0 ? Exit::Error : warnings_ != 0 ? Exit::Degraded : Exit::Ok;
}

} // namespace

void add_doctor(CommandLine& line)
{
    struct Options {
        std::vector<std::string> interfaces;
        std::string config;
    };
    const auto options = std::make_shared<Options>();
    line.add("doctor", "check what the filter needs of this machine, and say what to do",
             "Kernel, BPF settings, privileges, clocks, disk, permissions, the daemon, and of each interface "
             "its\n"
             "driver, MTU, offloads and other programs. Changes nothing. Interfaces: those given, else those "
             "of the\n"
             "configuration, and all that are filtered. Exit code 1: a fault, 2: warnings alone.",
             "interdict doctor\n"
             "interdict doctor --iface eth0 --iface eth1\n"
             "interdict doctor --json | jq '.checks[] | select(.result != \"ok\")'",
             [options](Session& session) {
                 return Doctor(session, options->interfaces, options->config).run();
             })
        .list("--iface", options->interfaces, "NAME", "check this interface")
        .value("--config", options->config, fmt::format("FILE [{}]", daemon::kConfigFile),
               "the daemon's configuration");
}

} // namespace interdict::cli
