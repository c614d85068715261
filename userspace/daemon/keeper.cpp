// SPDX-License-Identifier: Apache-2.0
#include "daemon/keeper.h"

#include <algorithm>

#include <net/if.h>

namespace interdict::daemon {

namespace {

// The kernel does not tell when somebody takes a program off.
constexpr std::chrono::seconds kLookPace{1};
// Until an interface that cannot be had is tried again, if nothing is heard of it.
constexpr std::chrono::seconds kAttachAgain{10};

} // namespace

Result<void> Keeper::start()
{
    auto opened =
        Links::open(loop_, {.concerns = [this](const LinkMessage& message) { return concerns(message); },
                            .changed = [this] { look_anew(); },
                            .lost =
                                [this] {
                                    events_.add(Severity::Warning, "interfaces-lost",
                                                "the kernel had more to tell about interfaces than "
                                                "was read in time; all are looked at again");
                                    look_anew();
                                }});
    tick();
    if (!opened)
        return std::unexpected(opened.error());
    links_ = *std::move(opened);
    return {};
}

void Keeper::tick()
{
    look();
    loop_.after(kLookPace, [this] { tick(); });
}

bool Keeper::concerns(const LinkMessage& message) const
{
    if (seen_.contains(message.name))
        return true;
    return std::ranges::any_of(seen_, [&](const auto& one) {
        return one.second.ifindex != 0 && one.second.ifindex == message.ifindex;
    });
}

void Keeper::look()
{
    const auto changed = look_at_all();
    const std::string failure = changed ? "" : changed.error().message;
    if (!failure.empty() && failure != failure_)
        events_.add(Severity::Error, "fault", fmt::format("the interfaces cannot be looked at: {}", failure));
    const bool told = failure != failure_ || (changed && *changed);
    failure_ = failure;
    if (told)
        changed_();
}

void Keeper::look_anew()
{
    for (auto& [name, seen] : seen_)
        seen.tried = {};
    look();
}

Result<bool> Keeper::look_at_all()
{
    // Without its pins nothing can be attached for good.
    if (!desk_.edge().up() || desk_.edge().plane().pins_lost())
        return false;
    INTERDICT_TRY(const bool moved, follow());
    return mend() || moved;
}

Result<bool> Keeper::follow()
{
    bool changed = false;
    INTERDICT_TRY(const auto renamed, desk_.edge_keeper().follow_renamed());
    for (const auto& [from, to] : renamed) {
        events_.add(
            Severity::Warning, "interface-renamed",
            fmt::format("{} is called {} now; it stays filtered, with the scopes of its old name until "
                        "the next generation",
                        from, to),
            {{"from", from}, {"to", to}});
        if (auto node = seen_.extract(from)) {
            seen_.erase(to);
            node.key() = to;
            seen_.insert(std::move(node));
        }
        changed = true;
    }
    INTERDICT_TRY(const auto states, desk_.edge().plane().interfaces());
    for (const auto& state : states)
        changed |= note(state);
    const auto pinned = [&](const std::string& name) {
        return std::ranges::any_of(states,
                                   [&](const auto& state) { return state.attachment.interface == name; });
    };
    for (auto& [name, seen] : seen_)
        if (!pinned(name) && seen.attached && desk_.edge_keeper().wants(name)) {
            tell_detached(name); // its pin was removed
            seen.attached = false;
            changed = true;
        }
    // What was taken off by request.
    const auto gone = std::erase_if(
        seen_, [&](const auto& one) { return !pinned(one.first) && !desk_.edge_keeper().wants(one.first); });
    changed |= gone != 0;
    return changed;
}

bool Keeper::note(const plane::InterfaceState& state)
{
    const auto& [attachment, role] = state;
    const auto& name = attachment.interface;
    auto& seen = seen_[name];
    const bool lost = seen.attached && !attachment.attached;
    if (lost && ::if_nametoindex(name.c_str()) != seen.ifindex)
        events_.add(Severity::Warning, "interface-lost",
                    fmt::format("{} is gone; it is filtered again when it is back", name), {{"name", name}});
    else if (lost)
        tell_detached(name);
    const bool changed = lost || seen.attached != attachment.attached;
    seen.attached = attachment.attached;
    if (attachment.ifindex != 0)
        seen.ifindex = attachment.ifindex;
    if (role != 0)
        seen.role = role;
    return changed;
}

void Keeper::tell_detached(const std::string& name)
{
    events_.add(Severity::Warning, "interface-detached",
                fmt::format("somebody has taken the program off {}", name), {{"name", name}});
}

bool Keeper::mend()
{
    desk_.edge_keeper().note_missing(
        "", ""); // what a bring-up of all of them at once had to say; here it is one by one
    auto wanted = desk_.edge_keeper().wanted();
    for (const auto& [name, seen] : seen_)
        if (seen.role != 0 && std::ranges::find(wanted, name, &InterfaceConfig::name) == wanted.end())
            wanted.push_back({name, seen.role});
    bool changed = false;
    for (const auto& interface : wanted) {
        auto& seen = seen_[interface.name];
        if (!seen.attached)
            changed |= attach(interface, seen);
    }
    return changed;
}

bool Keeper::attach(const InterfaceConfig& interface, Seen& seen)
{
    const auto& name = interface.name;
    const auto told = [&](std::string trouble) {
        const bool differs = trouble != seen.trouble;
        seen.trouble = trouble;
        desk_.edge_keeper().note_missing(name, std::move(trouble));
        return differs;
    };
    if (::if_nametoindex(name.c_str()) == 0)
        return told(fmt::format("{}: there is no such interface", name));
    const auto time = std::chrono::steady_clock::now();
    if (seen.tried != std::chrono::steady_clock::time_point{} && time - seen.tried < kAttachAgain)
        return false;
    seen.tried = time;
    const auto attached = desk_.edge_keeper().attach(interface);
    if (!attached) {
        // It may go while it is being attached.
        if (::if_nametoindex(name.c_str()) == 0)
            return told(fmt::format("{}: there is no such interface", name));
        if (told(attached.error().message)) {
            events_.add(Severity::Error, "interface-failed", attached.error().message, {{"name", name}});
            return true;
        }
        return false;
    }
    seen = {.ifindex = ::if_nametoindex(name.c_str()), .role = interface.role, .attached = true};
    static_cast<void>(told(""));
    events_.add(Severity::Info, "interface-attached", fmt::format("{} is filtered", name), {{"name", name}});
    return true;
}

} // namespace interdict::daemon
