// SPDX-License-Identifier: Apache-2.0
//
// Response policy zones (draft-vixie-dnsop-dns-rpz-00): what a zone blocks, as names and addresses. How it
// answers is noted and not taken: that is for the order to say.
#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include "feed/formats.h"
#include "feed/master_file.h"
#include "order/prefix.h"

namespace interdict::feed {

namespace {

// What one policy says.
enum class ZonePolicy { Block, Passthru, Refused, Nothing };

// One name with the lines that block it and what is below it.
struct Trigger {
    std::string name;
    std::size_t self = 0; // 0 = no line
    std::size_t below = 0;
};

bool is_address_data(std::string_view type) { return type == "A" || type == "AAAA"; }

// Records that a signed zone carries for itself.
bool about_the_zone(std::string_view type)
{
    static constexpr std::array<std::string_view, 10> kTypes{"SOA",    "NS", "RRSIG", "NSEC",   "NSEC3",
                                                             "DNSKEY", "DS", "CDS",   "ZONEMD", "NSEC3PARAM"};
    return std::ranges::find(kTypes, type) != kTypes.end();
}

std::vector<std::string_view> labels_of(std::string_view name)
{
    std::vector<std::string_view> labels;
    while (true) {
        const std::size_t dot = name.find('.');
        labels.push_back(name.substr(0, dot));
        if (dot == name.npos)
            return labels;
        name.remove_prefix(dot + 1);
    }
}

// "24.0.2.0.192" and "32.zz.db8.2001", prefix length first and the address backwards, as text that
// read_prefix() takes; empty if it is neither.
std::string prefix_of(std::string_view trigger)
{
    std::vector<std::string_view> labels = labels_of(trigger);
    if (labels.size() < 2)
        return {};
    const std::string_view length = labels.front();
    labels.erase(labels.begin());
    std::ranges::reverse(labels);
    const bool v6 = std::ranges::find(labels, "zz") != labels.end() || labels.size() == 8;
    if (!v6)
        return labels.size() == 4 ? fmt::format("{}/{}", fmt::join(labels, "."), length) : std::string();
    std::string address = fmt::format("{}", fmt::join(labels, ":"));
    if (const auto zz = address.find("zz"); zz != address.npos) {
        const bool first = zz == 0;
        const bool last = zz + 2 == address.size();
        address.replace(zz, 2, first && last ? "::" : first || last ? ":" : "");
    }
    return fmt::format("{}/{}", address, length);
}

class ZoneReader {
public:
    ZoneReader(std::string_view text, Builder& builder)
        : builder_(builder), file_(text, origin_of(builder.options().origin)), apex_(file_.origin())
    {
    }

    Result<void> read()
    {
        ZoneRecord record;
        for (std::size_t records = 1;; ++records) {
            INTERDICT_TRY(const bool any, file_.next(record));
            if (!any)
                break;
            take(record);
            if ((records & 0xfff) == 0)
                builder_.progress(file_.offset());
        }
        for (Trigger& trigger : triggers_)
            settle(std::move(trigger));
        return {};
    }

private:
    static std::string origin_of(std::string origin)
    {
        std::ranges::transform(origin, origin.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        if (origin.ends_with('.'))
            origin.pop_back();
        return origin;
    }

    void take(const ZoneRecord& record)
    {
        if (record.type == "SOA") {
            const auto owner = file_.absolute(record.owner);
            if (owner.known)
                apex_ = owner.name;
            else if (record.owner != "@" && apex_.empty())
                apex_ = owner.name;
            if (record.data.size() > 2)
                builder_.list().serial = record.data[2];
        } else if (!about_the_zone(record.type)) {
            if (apex_.empty())
                apex_ = file_.origin();
            take_policy(record);
        }
    }

    // The owner without the zone's own name; nothing if it is not inside.
    [[nodiscard]] std::optional<std::string> trigger_of(std::string_view owner) const
    {
        auto name = file_.absolute(owner);
        if (!name.known)
            return apex_.empty() && owner != "@" ? std::optional(std::move(name.name)) : std::nullopt;
        if (apex_.empty() || name.name.size() <= apex_.size() + 1 || !name.name.ends_with(apex_) ||
            name.name[name.name.size() - apex_.size() - 1] != '.')
            return std::nullopt;
        name.name.resize(name.name.size() - apex_.size() - 1);
        return std::move(name.name);
    }

    void take_policy(const ZoneRecord& record)
    {
        const std::string_view text = record.owner;
        auto trigger = trigger_of(record.owner);
        if (!trigger) {
            builder_.quarantine(record.line, text, "is not inside the zone",
                                apex_.empty() ? "say the zone's name with --origin" : "the zone is " + apex_);
            return;
        }
        const ZonePolicy policy = policy_of(record, *trigger);
        if (policy == ZonePolicy::Refused || policy == ZonePolicy::Nothing ||
            refuse_trigger(record, *trigger))
            return;
        if (trigger->ends_with(".rpz-ip"))
            take_prefix(record, trigger->substr(0, trigger->size() - 7), policy);
        else if (policy == ZonePolicy::Passthru)
            take_passthru(record, *trigger);
        else
            note_block(record.line, *trigger);
    }

    ZonePolicy policy_of(const ZoneRecord& record, const std::string& trigger)
    {
        if (is_address_data(record.type) && record.data.size() == 1) {
            note_landing(record.data.front());
            return ZonePolicy::Block;
        }
        if (record.type != "CNAME" || record.data.size() != 1) {
            builder_.quarantine(record.line, record.owner,
                                fmt::format("answers {} only, which is no block", record.type.substr(0, 20)),
                                "leave it to the resolver");
            return ZonePolicy::Refused;
        }
        const std::string_view to = record.data.front();
        const auto target = file_.absolute(to);
        if (to == ".")
            return note("answer nxdomain", ZonePolicy::Block);
        if (to == "*.")
            return note("answer nodata", ZonePolicy::Block);
        if (to == "*")
            return refuse(record, "has a CNAME to \"*\", which lacks its final dot", "is \"*.\" meant?");
        if (target.name.starts_with("rpz-") || to.starts_with("rpz-"))
            return special_policy(record, to);
        // The first way to say passthru: a name that answers with itself.
        if (target.name == trigger)
            return ZonePolicy::Passthru;
        note_landing(to);
        return ZonePolicy::Block;
    }

    ZonePolicy special_policy(const ZoneRecord& record, std::string_view to)
    {
        if (!to.ends_with('.'))
            return refuse(record,
                          fmt::format("has a CNAME to \"{}\", which lacks its final dot", to.substr(0, 60)),
                          "the resolver takes it for a host of the zone; mend the zone");
        std::string name(to);
        std::ranges::transform(name, name.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        if (name == "rpz-passthru.")
            return ZonePolicy::Passthru;
        if (name == "rpz-drop.")
            return note("answer none (rpz-drop)", ZonePolicy::Block);
        if (name == "rpz-tcp-only.")
            return refuse(record, "asks for an answer over TCP, which blocks nothing",
                          "leave it to the resolver");
        return refuse(record,
                      fmt::format("has a CNAME to \"{}\", which is no known policy", to.substr(0, 60)),
                      "see draft-vixie-dnsop-dns-rpz, section 3");
    }

    ZonePolicy refuse(const ZoneRecord& record, std::string reason, std::string remedy)
    {
        builder_.quarantine(record.line, record.owner, std::move(reason), std::move(remedy));
        return ZonePolicy::Refused;
    }

    ZonePolicy note(std::string text, ZonePolicy policy)
    {
        ++builder_.list().notes[std::move(text)];
        return policy;
    }

    void note_landing(std::string_view where)
    {
        auto& notes = builder_.list().notes;
        std::string text = "landing " + std::string(where.substr(0, 255));
        if (notes.size() < 64 || notes.contains(text))
            ++notes[std::move(text)];
        else
            ++notes["landing elsewhere"];
    }

    // True if the kind of trigger is one that is not for rules.
    bool refuse_trigger(const ZoneRecord& record, std::string_view trigger)
    {
        const std::string_view last = trigger.substr(trigger.rfind('.') + 1);
        if (last == "rpz-client-ip")
            builder_.quarantine(record.line, record.owner, "is about a subscriber's address",
                                "no order is about who asks; use scopes for where it applies");
        else if (last == "rpz-nsdname" || last == "rpz-nsip")
            builder_.quarantine(record.line, record.owner, "blocks every name of a name server",
                                "list the names that the order means");
        else if (last == "rpz-ip" && trigger.size() > 6)
            return false;
        else if (last.starts_with("rpz-"))
            builder_.quarantine(record.line, record.owner, "is a trigger of an unknown kind",
                                "see draft-vixie-dnsop-dns-rpz, section 4");
        else
            return false;
        return true;
    }

    void take_prefix(const ZoneRecord& record, std::string_view trigger, ZonePolicy policy)
    {
        const std::string text = prefix_of(trigger);
        if (text.empty()) {
            builder_.quarantine(record.line, record.owner, "is no prefix", "write e.g. 24.0.2.0.192.rpz-ip");
            return;
        }
        auto reading = read_prefix(text);
        if (policy == ZonePolicy::Passthru && reading)
            builder_.list().passthru_prefixes.push_back(reading->address.prefix);
        else if (!prefix_seen(reading))
            builder_.take(record.line, record.owner, std::move(reading));
    }

    // A and AAAA of one trigger are one entry.
    bool prefix_seen(const Reading& reading)
    {
        if (!reading || (last_prefix_ && *last_prefix_ == reading->address.prefix))
            return reading.has_value();
        last_prefix_ = reading->address.prefix;
        return false;
    }

    void take_passthru(const ZoneRecord& record, std::string_view trigger)
    {
        const bool below = trigger.starts_with("*.");
        Options lenient = builder_.options();
        lenient.unknown_endings = true;
        const auto name = read_name(below ? trigger.substr(2) : trigger,
                                    below ? order::Match::Subtree : order::Match::Exact, lenient);
        if (!name) {
            builder_.take(record.line, record.owner, name);
            return;
        }
        // "*.name" beside "name" makes the latter a subtree.
        const auto [known, inserted] =
            passthru_.try_emplace(name->name.name, builder_.list().passthru.size());
        if (inserted)
            builder_.list().passthru.push_back(name->name);
        else if (below)
            builder_.list().passthru[known->second].match = order::Match::Subtree;
    }

    void note_block(std::size_t line, std::string_view trigger)
    {
        const bool below = trigger.starts_with("*.");
        if (below)
            trigger.remove_prefix(2);
        const auto [known, inserted] = index_.try_emplace(std::string(trigger), triggers_.size());
        if (inserted)
            triggers_.push_back({known->first});
        std::size_t& place = below ? triggers_[known->second].below : triggers_[known->second].self;
        if (place == 0)
            place = line;
    }

    // name and *.name are the subtree, name alone is itself, *.name alone cannot be kept apart from name.
    void settle(Trigger trigger)
    {
        const Options& options = builder_.options();
        if (trigger.self != 0) {
            const auto match = trigger.below != 0 ? order::Match::Subtree : order::Match::Exact;
            builder_.take(trigger.self, trigger.name, read_name(trigger.name, match, options));
        } else {
            const std::string text = "*." + trigger.name;
            builder_.take(trigger.below, text, read_name(text, order::Match::Subtree, options));
        }
    }

    Builder& builder_;
    MasterFile file_;
    std::string apex_; // the zone's name, empty = unknown
    std::vector<Trigger> triggers_;
    std::unordered_map<std::string, std::size_t> index_;
    std::unordered_map<std::string, std::size_t> passthru_;
    std::optional<order::Prefix> last_prefix_;
};

} // namespace

Result<void> read_rpz(std::string_view text, Builder& builder) { return ZoneReader(text, builder).read(); }

} // namespace interdict::feed
