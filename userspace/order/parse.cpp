// SPDX-License-Identifier: Apache-2.0
#include "order/parse.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/clock.h"
#include "order/fields.h"
#include "order/parse_answer.h"
#include "order/parse_target.h"
#include "order/values.h"
#include "order/words.h"
#include "order/write.h"

namespace interdict::order {

namespace {

using Type = JsonValue::Type;

constexpr std::array<std::string_view, 2> kRootKeys{"orders", "notice"};
constexpr std::array<std::string_view, 20> kOrderKeys{
    "id",      "kind",          "authority", "reference", "jurisdiction", "issued", "effective",
    "expires", "comply_within", "status",    "means",     "scope",        "mode",   "dynamic",
    "actions", "sinkhole",      "notice",    "document",  "targets",      "exempt"};
constexpr std::array<std::string_view, 2> kDocumentKeys{"sha256", "uri"};
constexpr std::array<std::string_view, 5> kMeans{"dns", "tls", "quic", "http", "address"};
constexpr std::array<std::string_view, 2> kModes{"enforce", "observe"};
constexpr std::size_t kIdMax = 128;

struct TargetHash {
    std::size_t operator()(const Target* target) const
    {
        std::size_t sum = place_hash(*target) + target->address.protocol;
        for (const PortRange& range : target->address.ports)
            sum = (sum ^ (std::size_t{range.first} << 16 | range.last)) * 0x9e3779b97f4a7c15;
        return sum;
    }
};

// The same name is the same target however it is matched: a subtree includes the exact name.
struct SameTarget {
    bool operator()(const Target* one, const Target* other) const
    {
        return one->name.name == other->name.name && one->address == other->address;
    }
};

std::string parse_id(const Fields& fields)
{
    std::string id =
        fields.require_text("id", "write a name of your own for the order, e.g. it-milano-2022-dns");
    const bool plain = std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7f; });
    if (const auto value = fields.find("id"); value && value->is(Type::String) && !id.empty() &&
                                              (!plain || id.size() > kIdMax) &&
                                              id.find_first_not_of(' ') != id.npos)
        fields.problem("id", *value,
                       fmt::format("is not 1 to {} printable ASCII characters without spaces", kIdMax),
                       "use letters, digits and -._:/");
    return id;
}

Kind parse_kind(const Fields& fields)
{
    const auto value = fields.require("kind", Type::String, "write court-order or administrative-order");
    if (!value)
        return {};
    if (const auto kind = kind_named(value->text()))
        return *kind;
    if (value->text() == "disclosure")
        fields.problem(
            "kind", *value,
            "is no basis for rules: a disclosure (subpoena) asks who somebody is, not that anything be "
            "blocked",
            "remove it; only a court-order or an administrative-order blocks");
    else if (value->text() == "report")
        fields.problem("kind", *value,
                       "is no basis for rules: a report is an opinion, it obliges nobody to block",
                       "remove it; only a court-order or an administrative-order blocks");
    else
        fields.problem("kind", *value, "is not a kind of order", "write " + one_of(value->text(), kKinds));
    return {};
}

std::string parse_jurisdiction(const Fields& fields)
{
    constexpr std::string_view kRemedy = "write two capital letters (ISO 3166-1), e.g. IT";
    const auto value = fields.require("jurisdiction", Type::String, kRemedy);
    if (!value)
        return {};
    const std::string_view text = value->text();
    if (text.size() != 2 || !std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; }))
        fields.problem("jurisdiction", *value, "is not a country code", std::string(kRemedy));
    return std::string(text);
}

std::int64_t parse_issued(const Fields& fields)
{
    const auto value = fields.require("issued", Type::String, "write the day, e.g. 2022-07-11");
    if (!value)
        return 0;
    const auto day = parse_date(value->text());
    if (!day)
        fields.problem("issued", *value, "is not a date", "write year-month-day, e.g. 2022-07-11");
    return day.value_or(0);
}

std::optional<std::int64_t> parse_comply_within(const Fields& fields)
{
    const auto value = fields.find("comply_within", Type::String);
    if (!value)
        return std::nullopt;
    const auto duration = parse_duration(value->text());
    if (!duration) {
        fields.problem("comply_within", *value, "is not a duration of fixed length",
                       "write e.g. PT30M, PT48H or P30D; years and months have no fixed length");
        return std::nullopt;
    }
    return *duration;
}

Status parse_status(const Fields& fields)
{
    const auto value = fields.find("status", Type::String);
    if (!value)
        return Status::Active;
    const auto status = status_named(value->text());
    if (!status)
        fields.problem("status", *value, "is not a status", "write " + one_of(value->text(), kStatuses));
    return status.value_or(Status::Active);
}

Mode parse_mode(const Fields& fields)
{
    const auto value = fields.find("mode", Type::String);
    if (!value || value->text() == "enforce")
        return Mode::Enforce;
    if (value->text() != "observe")
        fields.problem("mode", *value, "is not a mode", "write " + one_of(value->text(), kModes));
    return Mode::Observe;
}

// The list as it stands, name and address means together.
Means parse_means(const Fields& fields, const Path& path, Report& report)
{
    const auto list = fields.find("means", Type::List);
    if (!list)
        return kNameMeans;
    const Path here = path.at("means");
    Means means = 0;
    for (std::size_t i = 0; const JsonValue entry : *list) {
        const Path at = here.at(i++);
        if (!expect_type(entry, Type::String, at, report))
            continue;
        const auto channel = channel_named(entry.text());
        if (!channel)
            report.problem(at, entry, "is not a means", "write " + one_of(entry.text(), kMeans));
        else if (means & INTERDICT_MEANS(*channel))
            report.problem(at, entry, "is in the list twice", "keep one of the two");
        else
            means |= INTERDICT_MEANS(*channel);
    }
    if (list->size() == 0)
        fields.problem("means", *list, "is empty", "leave it out for dns, tls, quic and http");
    return means;
}

void parse_actions(const Fields& order, const Path& path, Report& report, Means means, Actions& actions)
{
    const auto object = order.find("actions", Type::Object);
    if (!object)
        return;
    const Path here = path.at("actions");
    const Fields fields(*object, here, report, kMeans);
    for (const JsonValue member : *object) {
        const auto channel = channel_named(member.key());
        if (!channel || !expect_type(member, Type::String, here.at(member.key()), report))
            continue;
        std::vector<std::string_view> possible;
        for (unsigned action = 0; action < INTERDICT_ACTION_MAX; ++action)
            if (actions_of(*channel) >> action & 1)
                possible.push_back(action_name(action));
        const auto action = action_named(member.text());
        if (!action || !(actions_of(*channel) >> *action & 1))
            fields.problem(member.key(), member, fmt::format("is not an action of {}", member.key()),
                           "write " + one_of(member.text(), possible));
        else if (*channel != INTERDICT_CHANNEL_ADDRESS && !(means & INTERDICT_MEANS(*channel)))
            fields.problem(member.key(), member, "is an action for a means that the order does not have",
                           fmt::format("add \"{}\" to means or leave the action out", member.key()));
        else
            actions[*channel] = static_cast<std::uint8_t>(*action);
    }
}

std::vector<std::string> parse_scope(const Fields& fields, const Path& path, Report& report)
{
    std::vector<std::string> scope;
    const auto list = fields.find("scope", Type::List);
    if (!list)
        return scope;
    const Path here = path.at("scope");
    for (std::size_t i = 0; const JsonValue entry : *list) {
        const Path at = here.at(i++);
        if (!expect_type(entry, Type::String, at, report))
            continue;
        std::string name(entry.text());
        if (name.empty())
            report.problem(at, entry, "is empty", "write the name of a scope");
        else if (std::ranges::find(scope, name) != scope.end())
            report.problem(at, entry, "is in the list twice", "keep one of the two");
        else
            scope.push_back(std::move(name));
    }
    return scope;
}

std::optional<Document> parse_document(const Fields& order, const Path& path, Report& report)
{
    const auto object = order.find("document", Type::Object);
    if (!object)
        return std::nullopt;
    const Path here = path.at("document");
    const Fields fields(*object, here, report, kDocumentKeys);
    Document document;
    constexpr std::string_view kRemedy = "write the 64 hex digits that sha256sum prints";
    if (const auto value = fields.require("sha256", Type::String, kRemedy)) {
        document.sha256 = value->text();
        std::ranges::transform(document.sha256, document.sha256.begin(),
                               [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
        if (document.sha256.size() != 64 ||
            document.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
            fields.problem("sha256", *value, "is not a SHA-256 digest", std::string(kRemedy));
    }
    if (fields.find("uri"))
        document.uri = fields.require_text("uri", "write where the document lies");
    return document;
}

// The member "name" of an object that has one.
JsonValue name_of(JsonValue object)
{
    for (const JsonValue member : object)
        if (member.key() == "name")
            return member;
    return object;
}

// Reads targets and exempt of one order.
class Lists {
public:
    Lists(const Fields& fields, const Path& path, Report& report, const ItemContext& context, Order& order)
        : fields_(fields), path_(path), report_(report), context_(context), order_(order)
    {
    }

    // Without the entries that have problems.
    void read_targets()
    {
        const auto list =
            fields_.require("targets", Type::List, "write the list of names and prefixes to block");
        if (!list)
            return;
        const Path here = path_.at("targets");
        const std::size_t count = list->size();
        if (count == 0)
            fields_.problem("targets", *list, "is empty", "write what the order blocks");
        // The index keeps pointers into the list, which therefore must not move.
        order_.targets.reserve(count);
        index_.reserve(count);
        for (std::size_t i = 0; const JsonValue entry : *list) {
            add(entry, here.at(i), i);
            ++i;
        }
    }

    // False if there was any problem: an order without one of its exemptions would block too much.
    bool read_exempt()
    {
        const auto list = fields_.find("exempt", Type::List);
        if (!list)
            return !fields_.find("exempt");
        const std::size_t before = report_.count();
        const Path here = path_.at("exempt");
        std::unordered_set<std::string> seen;
        for (std::size_t i = 0; const JsonValue entry : *list) {
            const Path at = here.at(i++);
            auto target = parse_exempt(entry, at, report_);
            if (!target)
                continue;
            const JsonValue name = name_of(entry);
            if (!seen.insert(target->name).second)
                report_.problem(at.at("name"), name, "is exempt twice in this order", "keep one of the two");
            else if (find(target->name))
                report_.problem(at.at("name"), name, "is both a target and exempt",
                                "remove one of the two; targets are what is blocked");
            else if (covered(target->name))
                order_.exempt.push_back(*std::move(target));
            else if (!quarantined_)
                report_.problem(at.at("name"), name, "is not below any subtree target of this order",
                                "remove it: the order does not block it");
        }
        return report_.count() == before;
    }

private:
    void add(JsonValue entry, const Path& at, std::size_t position)
    {
        auto item = parse_item(entry, at, report_, context_);
        if (!item) {
            quarantined_ = true;
            return;
        }
        order_.targets.push_back(*std::move(item));
        const auto [known, inserted] = index_.emplace(&order_.targets.back().target, position);
        if (inserted)
            return;
        const bool name = known->first->is_name();
        const std::string_view key = name ? "name" : "prefix";
        for (const JsonValue member : entry)
            if (member.key() == key)
                report_.problem(at.at(key), member,
                                fmt::format("is already {}.targets[{}]", path_.text(), known->second),
                                "keep one of the two");
        order_.targets.pop_back();
    }

    [[nodiscard]] const Target* find(std::string_view name) const
    {
        Target wanted;
        wanted.name.name = name;
        const auto found = index_.find(&wanted);
        return found == index_.end() ? nullptr : found->first;
    }

    [[nodiscard]] bool covered(std::string_view name) const
    {
        for (std::string_view above = parent_of(name); !above.empty(); above = parent_of(above))
            if (const Target* target = find(above); target && target->name.match == Match::Subtree)
                return true;
        return false;
    }

    const Fields& fields_;
    const Path& path_;
    Report& report_;
    const ItemContext& context_;
    Order& order_;
    std::unordered_map<const Target*, std::size_t, TargetHash, SameTarget> index_;
    bool quarantined_ = false;
};

// Nothing if the order cannot stand, even without its bad targets. notice: the file's.
std::optional<Order> parse_order(JsonValue value, const Path& path, Report& report, const Notice& notice)
{
    const std::size_t before = report.count();
    const Fields fields(value, path, report, kOrderKeys);
    if (!fields.is_object())
        return std::nullopt;
    Order order;
    order.file = report.file();
    order.json_path = path.text();
    order.id = parse_id(fields);
    order.kind = parse_kind(fields);
    order.authority = fields.require_text("authority", "write the court or office that issued the order");
    order.reference = fields.require_text("reference", "write the authority's own number of the order");
    order.jurisdiction = parse_jurisdiction(fields);
    order.issued = parse_issued(fields);
    (void)fields.require("effective", Type::String, "write from when it applies, e.g. 2022-07-12T00:00:00Z");
    order.effective = fields.timestamp("effective");
    order.expires = fields.timestamp("expires");
    if (order.expires != 0 && order.expires <= order.effective)
        fields.problem("expires", *fields.find("expires"), "is not after effective",
                       "check both times; an order without end has null");
    order.comply_within = parse_comply_within(fields);
    order.status = parse_status(fields);
    const Means means = parse_means(fields, path, report);
    order.means = means & kNameMeans;
    parse_actions(fields, path, report, means, order.actions);
    order.sinkhole = parse_sinkhole(fields, path, report, order.actions);
    order.notice = parse_notice(fields, path, report, notice);
    if (const auto own = fields.find("notice"); own && !gives_notice(order))
        report.missing(path.at("notice"), *own,
                       "stands in an order that answers no HTTP request with a notice",
                       "remove it, or add \"http\" to means with the action \"notice\"");
    order.scope = parse_scope(fields, path, report);
    order.mode = parse_mode(fields);
    order.dynamic = fields.boolean_or("dynamic", false);
    order.document = parse_document(fields, path, report);
    bool sound = report.count() == before;

    const ItemContext context{.names_possible = means != kAddressMeans,
                              .expires = fields.find("expires").has_value(),
                              .effective = order.effective};
    Lists lists(fields, path, report, context, order);
    lists.read_targets();
    sound &= lists.read_exempt();
    if (!sound || order.targets.empty())
        return std::nullopt;
    if (order.issued > order.effective)
        report.warning(path.at("effective"), *fields.find("effective"), "lies before the order was issued",
                       "check issued and effective");
    return order;
}

} // namespace

Parsed parse_orders(std::string_view json, std::string file, const Options& options)
{
    Report report(json, std::move(file), options.max_problems);
    Parsed parsed;
    JsonTree tree;
    if (!read_tree(json, tree, report)) {
        parsed.problems = report.take_problems();
        return parsed;
    }

    const Path root;
    const Fields fields(tree.root(), root, report, kRootKeys);
    const Notice notice = parse_notice(fields, root, report, {});
    std::unordered_map<std::string, std::size_t> ids;
    if (const auto list = fields.require("orders", Type::List, "write {\"orders\": [...]}")) {
        const Path here = root.at("orders");
        for (std::size_t i = 0; const JsonValue entry : *list) {
            const Path at = here.at(i);
            auto order = parse_order(entry, at, report, notice);
            // An id counts as used even if its order cannot stand: the second might be meant to be the first.
            if (entry.is(Type::Object))
                for (const JsonValue member : entry)
                    if (member.key() == "id" && member.is(Type::String)) {
                        const auto [known, inserted] = ids.emplace(member.text(), i);
                        if (!inserted && known->second != i) {
                            report.problem(at.at("id"), member,
                                           fmt::format("is already the id of $.orders[{}]", known->second),
                                           "give each order an id of its own");
                            order.reset();
                        }
                        if (order)
                            order->line = report.line_of(member);
                    }
            if (order)
                parsed.orders.push_back(*std::move(order));
            ++i;
        }
    }
    parsed.problems = report.take_problems();
    parsed.warnings = report.take_warnings();
    parsed.unlisted = report.unlisted();
    return parsed;
}

Parsed merge(std::vector<Parsed> files)
{
    Parsed all;
    std::unordered_map<std::string, std::pair<std::string, std::string>> ids;
    for (Parsed& file : files) {
        for (Order& order : file.orders) {
            const auto [known, inserted] = ids.try_emplace(order.id, order.file, order.json_path);
            if (inserted) {
                all.orders.push_back(std::move(order));
                continue;
            }
            file.problems.push_back(
                {.file = order.file,
                 .json_path = order.json_path + ".id",
                 .line = order.line,
                 .value = order.id,
                 .message =
                     fmt::format("is already the id of {} in {}", known->second.second, known->second.first),
                 .remedy = "give each order an id of its own, or leave one of the files out"});
        }
        std::ranges::move(file.problems, std::back_inserter(all.problems));
        std::ranges::move(file.warnings, std::back_inserter(all.warnings));
        all.unlisted += file.unlisted;
    }
    return all;
}

} // namespace interdict::order
