// SPDX-License-Identifier: Apache-2.0
#include "veth.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "bench_generator.skel.h"
#include "frames.h"
#include "plane/libbpf_log.h"

namespace interdict::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kBatch = 64;
constexpr std::size_t kMacLength = 6;
constexpr int kLoopback = 1; // in every namespace
constexpr auto kArrival = std::chrono::seconds(2);
constexpr std::string_view kReceiverMac = "02:00:00:00:51:02";

std::string last_line(const std::string& text)
{
    const auto end = text.find_last_not_of('\n');
    if (end == std::string::npos)
        return "no output";
    const auto start = text.rfind('\n', end);
    return text.substr(start == std::string::npos ? 0 : start + 1,
                       end - (start == std::string::npos ? 0 : start));
}

Result<Fd> memory_file(const std::string& content)
{
    const int fd = ::memfd_create("bench", MFD_CLOEXEC);
    if (fd < 0)
        return fail_errno(errno, "no memory file");
    Fd file(fd);
    for (std::size_t at = 0; at < content.size();) {
        const ssize_t written = ::write(fd, content.data() + at, content.size() - at);
        if (written < 0)
            return fail_errno(errno, "cannot write a memory file");
        at += static_cast<std::size_t>(written);
    }
    ::lseek(fd, 0, SEEK_SET);
    return file;
}

std::string read_back(int fd)
{
    std::string text;
    std::array<char, 4096> part{};
    ::lseek(fd, 0, SEEK_SET);
    for (ssize_t got = 0; (got = ::read(fd, part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(got));
    return text;
}

// "/proc/14/schedstat" of the kernel's thread for this CPU's left-over softirqs.
std::string softirq_time_path()
{
    const std::string wanted = fmt::format("ksoftirqd/{}", ::sched_getcpu());
    std::error_code ignored;
    for (const auto& process : fs::directory_iterator("/proc", ignored)) {
        std::ifstream comm(process.path() / "comm");
        std::string name;
        if (std::getline(comm, name) && name == wanted)
            return process.path() / "schedstat";
    }
    return {};
}

double softirq_nanoseconds(const std::string& path)
{
    std::ifstream file(path);
    double nanoseconds = 0;
    return file >> nanoseconds ? nanoseconds : 0;
}

// Sum of the IPv4 header's words without source address and checksum.
std::uint32_t checksum_base(const Bytes& frame)
{
    std::uint32_t sum = 0;
    for (const std::size_t at : {0, 2, 4, 6, 8, 16, 18})
        sum += static_cast<std::uint32_t>(frame[14 + at] << 8 | frame[15 + at]);
    return sum;
}

// Or it sends packets of its own accord that would be counted.
Result<void> without_ipv6()
{
    for (const char* which : {"all", "default"}) {
        std::ofstream file(fmt::format("/proc/sys/net/ipv6/conf/{}/disable_ipv6", which));
        file << 1;
        if (!file.flush() && fs::exists("/proc/sys/net/ipv6"))
            return fail("cannot switch IPv6 off in a network namespace");
    }
    return {};
}

} // namespace

Result<std::string> run_command(const std::vector<std::string>& words, const std::string& input)
{
    INTERDICT_TRY(const auto in, memory_file(input));
    INTERDICT_TRY(const auto out, memory_file({}));
    std::vector<char*> arguments;
    for (const auto& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child < 0)
        return fail_errno(errno, "cannot start {}", words.front());
    if (child == 0) {
        cpu_set_t all;
        std::memset(&all, 0xff, sizeof(all));
        ::sched_setaffinity(0, sizeof(all), &all); // loading a million elements need not share our CPU
        ::dup2(in.get(), STDIN_FILENO);
        ::dup2(out.get(), STDOUT_FILENO);
        ::dup2(out.get(), STDERR_FILENO);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    std::string text = read_back(out.get());
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        std::string line;
        for (std::size_t i = 0; i < words.size() && i < 6; ++i)
            line += (i ? " " : "") + words[i];
        return fail("{}: {}", line, last_line(text));
    }
    return text;
}

bool is_installed(const std::string& program)
{
    const char* path = std::getenv("PATH");
    std::istringstream folders(std::string(path ? path : "") + ":/usr/sbin:/sbin");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (::access((fs::path(folder) / program).c_str(), X_OK) == 0)
            return true;
    return false;
}

Result<Namespace> Namespace::make(const std::string& name)
{
    INTERDICT_CHECK(run_command({"ip", "netns", "add", name}));
    const fs::path path = fs::path("/run/netns") / name;
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(errno, "cannot open {}", path.string());
    Namespace made(name, Fd(fd));
    const Inside inside(made);
    INTERDICT_CHECK(without_ipv6());
    return made;
}

Namespace::~Namespace()
{
    if (fd_)
        static_cast<void>(run_command({"ip", "netns", "del", name_}));
}

Namespace::Inside::Inside(const Namespace& where)
{
    const int here = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (here < 0 || ::setns(where.fd_.get(), CLONE_NEWNET) != 0) {
        std::perror("bench: cannot enter a network namespace");
        std::abort();
    }
    back_ = Fd(here);
}

Namespace::Inside::~Inside()
{
    if (::setns(back_.get(), CLONE_NEWNET) != 0) {
        std::perror("bench: cannot leave a network namespace");
        std::abort();
    }
}

Result<std::uint64_t> Receiver::received() const
{
    const Namespace::Inside inside(where);
    std::ifstream file("/proc/thread-self/net/dev");
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string name;
        std::uint64_t bytes = 0;
        std::uint64_t packets = 0;
        if (words >> name && name == std::string(kReceiver) + ":" && words >> bytes >> packets)
            return packets;
    }
    return fail("{}: no interface {}", where.name(), kReceiver);
}

void Generator::Closer::operator()(bench_generator* object) const { bench_generator__destroy(object); }

Generator::Generator(Generator&&) noexcept = default;
Generator::~Generator() = default;

Result<Generator> Generator::make(const std::string& tag)
{
    INTERDICT_TRY(auto where, Namespace::make(fmt::format("interdict-bench-{}-generator", tag)));
    Generator generator(tag, std::move(where));
    {
        const Namespace::Inside inside(generator.where_);
        INTERDICT_CHECK(run_command({"ip", "link", "set", "lo", "up"}));
    }
    const plane::LibbpfLog log;
    generator.object_.reset(bench_generator__open_and_load());
    if (!generator.object_)
        return fail_errno(errno, "the kernel refuses the bench's generator{}", log.tail());
    generator.softirq_time_ = softirq_time_path();
    // Runs of a program that is attached nowhere patch the kernel's XDP dispatcher before and after: hundreds
    // of microseconds of a burst, and 20 ms of waiting. No packet passes this device.
    const Namespace::Inside inside(generator.where_);
    LIBBPF_OPTS(bpf_link_create_opts, options);
    options.flags = XDP_FLAGS_SKB_MODE;
    const int link = bpf_link_create(bpf_program__fd(generator.object_->progs.generate_named), kLoopback,
                                     BPF_XDP, &options);
    if (link < 0)
        return fail_errno(link, "cannot attach the bench's generator to the loopback device");
    generator.attached_ = Fd(link);
    return generator;
}

Result<Receiver> Generator::add(const std::string& name)
{
    INTERDICT_TRY(auto where, Namespace::make(fmt::format("interdict-bench-{}-{}", tag_, name)));
    Receiver receiver(std::move(where));
    const std::string sender = fmt::format("g{}", receivers_++);
    {
        const Namespace::Inside inside(where_);
        INTERDICT_CHECK(run_command({"ip", "link", "add", sender, "type", "veth", "peer", "name", kReceiver,
                                     "address", std::string(kReceiverMac), "netns", receiver.where.name()}));
        INTERDICT_CHECK(run_command({"ip", "link", "set", sender, "up"}));
        receiver.sender = ::if_nametoindex(sender.c_str());
    }
    const Namespace::Inside inside(receiver.where);
    INTERDICT_CHECK(run_command({"ip", "addr", "add", "198.51.100.1/24", "dev", kReceiver}));
    INTERDICT_CHECK(run_command({"ip", "link", "set", kReceiver, "up"}));
    // Once it is up: only then does the kernel take the sender's end as a target of redirects, XDP here or
    // not.
    INTERDICT_CHECK(run_command({"ethtool", "-K", kReceiver, "gro", "on"}));
    receiver.frame = traffic_frame(std::string(kReceiverMac));
    return receiver;
}

Result<double> Generator::burst(const Receiver& receiver, int program, const Bytes& frame,
                                std::uint32_t frames)
{
    auto& state = *object_->bss;
    state.ifindex = receiver.sender;
    state.checksum = checksum_base(frame);
    INTERDICT_TRY(const std::uint64_t before, receiver.received());

    xdp_md context = {};
    context.data_end = static_cast<__u32>(frame.size());
    context.ingress_ifindex = kLoopback;
    LIBBPF_OPTS(bpf_test_run_opts, options);
    options.data_in = frame.data();
    options.data_size_in = static_cast<__u32>(frame.size());
    options.ctx_in = &context;
    options.ctx_size_in = sizeof(context);
    options.repeat = static_cast<int>(frames);
    options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
    options.batch_size = kBatch;
    const double softirq = softirq_nanoseconds(softirq_time_);
    double spent = 0;
    {
        const Namespace::Inside inside(where_);
        spent = thread_nanoseconds();
        if (const int error = bpf_prog_test_run_opts(program, &options); error != 0)
            return fail_errno(error, "the kernel cannot send frames from XDP (needs 5.18)");
        spent = thread_nanoseconds() - spent;
    }

    const auto deadline = std::chrono::steady_clock::now() + kArrival;
    std::uint64_t arrived = 0;
    do {
        INTERDICT_TRY(const std::uint64_t now, receiver.received());
        arrived = now - before;
        if (arrived < frames)
            std::this_thread::yield(); // ksoftirqd has the rest
    } while (arrived < frames && std::chrono::steady_clock::now() < deadline);
    if (arrived != frames)
        return fail("{} of {} frames arrived", arrived, frames);
    return spent + softirq_nanoseconds(softirq_time_) - softirq;
}

Result<double> Generator::send(const Receiver& receiver, Range range, std::uint32_t frames)
{
    object_->bss->first = range.first;
    object_->bss->span = range.span;
    INTERDICT_TRY(const double spent,
                  burst(receiver, bpf_program__fd(object_->progs.generate), receiver.frame, frames));
    return spent / frames;
}

Result<double> Generator::send_named(const Receiver& receiver, const Frame& frame, Range range,
                                     std::uint32_t frames, const After& after)
{
    object_->bss->first = range.first;
    object_->bss->span = range.span;
    object_->bss->name_at = frame.name_at;
    Bytes bytes = frame.bytes;
    std::copy_n(receiver.frame.begin(), kMacLength, bytes.begin());
    double spent = 0;
    std::uint32_t sent = 0;
    for (; sent < frames; sent += kBurst) {
        INTERDICT_TRY(const double time,
                      burst(receiver, bpf_program__fd(object_->progs.generate_named), bytes, kBurst));
        spent += time;
        if (!after)
            continue;
        const double before = thread_nanoseconds();
        INTERDICT_CHECK(after(kBurst));
        spent += thread_nanoseconds() - before;
    }
    return spent / sent;
}

int Generator::drop_all() const { return bpf_program__fd(object_->progs.drop_all); }

} // namespace interdict::bench
