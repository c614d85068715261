// SPDX-License-Identifier: Apache-2.0
#include "watch/memory.h"

#include <fmt/format.h>

#include "order/order.h"

namespace interdict::watch {

namespace {

unsigned entry_of(std::string_view name) { return static_cast<unsigned>(order::place_hash(name) % kEntries); }

std::string key_of(unsigned entry) { return fmt::format("watch/{}", entry); }

} // namespace

Result<Memory> Memory::load(const book::Counts& kept)
{
    Memory memory;
    for (unsigned entry = 0; entry < kEntries; ++entry) {
        INTERDICT_TRY(const auto text, kept.value(key_of(entry)));
        std::string_view rest = text ? std::string_view(*text) : std::string_view();
        while (!rest.empty()) {
            const auto end = rest.find('\n');
            auto snapshot = read_snapshot(rest.substr(0, end));
            if (!snapshot)
                return std::unexpected(snapshot.error().context(key_of(entry)));
            memory.snapshots_[snapshot->name] = *std::move(snapshot);
            rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
        }
    }
    return memory;
}

Snapshot Memory::of(const std::string& name) const
{
    const auto found = snapshots_.find(name);
    return found == snapshots_.end() ? Snapshot{} : found->second;
}

void Memory::set(Snapshot snapshot)
{
    changed_.insert(entry_of(snapshot.name));
    std::string name = snapshot.name;
    snapshots_[std::move(name)] = std::move(snapshot);
}

void Memory::keep_only(const std::map<std::string, std::vector<std::string>, std::less<>>& names)
{
    std::erase_if(snapshots_, [&](const auto& entry) {
        if (names.contains(entry.first))
            return false;
        changed_.insert(entry_of(entry.first));
        return true;
    });
}

Result<void> Memory::save(book::Counts& into)
{
    std::map<unsigned, std::string> texts;
    for (const auto entry : changed_)
        texts[entry];
    for (const auto& [name, snapshot] : snapshots_)
        if (const auto at = texts.find(entry_of(name)); at != texts.end())
            at->second += write_snapshot(snapshot) + "\n";
    for (const auto& [entry, text] : texts)
        INTERDICT_CHECK(into.set_value(key_of(entry), text));
    changed_.clear();
    return {};
}

} // namespace interdict::watch
