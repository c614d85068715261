// SPDX-License-Identifier: Apache-2.0
//
// collect_process.cpp: this process, its disk, and what it says of itself.
#include <charconv>
#include <cmath>

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/metrics/collect.h"

namespace interdict::daemon::metrics {

namespace {

// Field of /proc/self/stat by its number in proc(5); what stands before is the name in brackets.
double stat_field(std::string_view text, int number)
{
    text.remove_prefix(std::min(text.size(), text.rfind(')') + 2));
    for (int i = 3; i < number; ++i)
        text.remove_prefix(std::min(text.size(), text.find(' ') + 1));
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// "btime 1700000000": when the machine was started.
double boot_time()
{
    const auto text = read_file("/proc/stat");
    const auto at = text ? text->find("\nbtime ") : std::string::npos;
    double value = 0;
    if (at != std::string::npos)
        std::from_chars(text->data() + at + 7, text->data() + text->size(), value);
    return value;
}

double open_files()
{
    std::error_code error;
    return static_cast<double>(
        std::distance(std::filesystem::directory_iterator("/proc/self/fd", error), {}));
}

bool is_text(const Json& json, const char* key, const char* text)
{
    const auto found = json.find(key);
    return found != json.end() && found->is_string() && *found == text;
}

} // namespace

void add_process(Page& page, const std::filesystem::path& state)
{
    const auto stat = read_file("/proc/self/stat").value_or("");
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    rlimit files = {};
    ::getrlimit(RLIMIT_NOFILE, &files);
    page.counter("process_cpu_seconds_total", "CPU time of the daemon")
        .add((stat_field(stat, 14) + stat_field(stat, 15)) / ticks);
    page.gauge("process_resident_memory_bytes", "Memory of the daemon; tables in the kernel are not in it")
        .add(stat_field(stat, 24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    page.gauge("process_virtual_memory_bytes", "Address space of the daemon").add(stat_field(stat, 23));
    page.gauge("process_start_time_seconds", "When the daemon began")
        .add(boot_time() + stat_field(stat, 22) / ticks);
    page.gauge("process_threads", "Threads of the daemon").add(stat_field(stat, 20));
    page.gauge("process_open_fds", "Open files of the daemon").add(open_files());
    page.gauge("process_max_fds", "Open files that it may have").add(static_cast<double>(files.rlim_cur));
    struct statvfs disk = {};
    const bool known = ::statvfs(state.c_str(), &disk) == 0;
    page.gauge("interdict_state_free_bytes", "Room left where the state directory is")
        .add(known ? static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize) : std::nan(""));
    std::error_code error;
    const auto size = std::filesystem::file_size(state / "book.db", error);
    page.gauge("interdict_book_bytes", "Size of the order book")
        .add(error ? std::nan("") : static_cast<double>(size));
}

void add_events(Page& page, const Events::Tally& tally)
{
    auto events = page.counter("interdict_events_total", "Events since the daemon began, by kind");
    for (const auto& [key, count] : tally)
        events.add(static_cast<double>(count), {{"kind", key.first}, {"severity", to_string(key.second)}});
}

void add_status(Page& page, const Json& status)
{
    const auto list = [&](const char* key) {
        const auto found = status.find(key);
        return found != status.end() ? *found : Json::array();
    };
    page.gauge("interdict_faults", "What is not as it should be; status says what")
        .add(static_cast<double>(list("degraded").size()));
    auto attached = page.gauge("interdict_interface_attached", "1 = the filter is on this interface");
    const Json interfaces = list("interfaces");
    for (const auto& one : interfaces)
        attached.add(one.value("attached", false), {{"interface", one.value("name", "")},
                                                    {"role", one.value("role", "")},
                                                    {"mode", is_text(one, "mode", "native")    ? "native"
                                                             : is_text(one, "mode", "generic") ? "generic"
                                                                                               : "none"}});
    auto stages = page.gauge("interdict_stage_loaded", "1 = the kernel took this program");
    const Json programs = list("stages");
    for (const auto& one : programs)
        stages.add(one.value("loaded", false), {{"stage", one.value("name", "")}});
    auto channels = page.gauge("interdict_channel_inspected", "1 = names of this channel are looked for");
    const Json by_channel = list("channels");
    for (const auto& [channel, one] : by_channel.items())
        channels.add(one.value("inspected", false), {{"channel", channel}});
    const auto daemon = status.find("daemon");
    const bool known = daemon != status.end() && daemon->contains("reload");
    page.gauge("interdict_config_loaded",
               "0 = the file has faults, and the configuration of before is in force")
        .add(!known || (*daemon)["reload"].value("ok", true));
    page.gauge("interdict_busy", "1 = a long step is being taken; requests wait for it")
        .add(daemon != status.end() && daemon->value("busy", false));
}

} // namespace interdict::daemon::metrics
