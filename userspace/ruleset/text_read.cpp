// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "order/json_tree.h"
#include "order/parse_answer.h"
#include "order/problem.h"
#include "ruleset/text.h"

namespace interdict::ruleset {

namespace {

using order::JsonValue;
using Type = JsonValue::Type;

// One line of the file; the first fault of its values is kept, and every getter after it gives defaults.
class Line {
public:
    explicit Line(JsonValue object) : object_(object)
    {
        if (!object.is(Type::Object))
            fault_ = "is not an object";
    }

    [[nodiscard]] const std::string& fault() const { return fault_; }
    void set_fault(std::string message)
    {
        if (fault_.empty())
            fault_ = std::move(message);
    }

    // The members in the order in which they stand; the writer's order makes this one step per key.
    [[nodiscard]] std::optional<JsonValue> find(std::string_view key)
    {
        if (object_.is(Type::Object))
            for (const JsonValue member : object_)
                if (member.key() == key)
                    return member;
        return std::nullopt;
    }

    [[nodiscard]] std::uint64_t number(std::string_view key, std::uint64_t most, bool required = false)
    {
        const auto value = find(key);
        if (!value && required)
            set_fault(fmt::format("has no \"{}\"", key));
        return value ? number(*value, key, most) : 0;
    }

    [[nodiscard]] std::uint64_t number(JsonValue value, std::string_view key, std::uint64_t most)
    {
        if (value.is(Type::Integer) && value.integer() >= 0 &&
            static_cast<std::uint64_t>(value.integer()) <= most)
            return static_cast<std::uint64_t>(value.integer());
        set_fault(fmt::format("has a \"{}\" that is not an integer from 0 to {}", key, most));
        return 0;
    }

    [[nodiscard]] std::string text(std::string_view key, bool required = true)
    {
        const auto value = find(key);
        if (value && value->is(Type::String))
            return std::string(value->text());
        if (value || required)
            set_fault(fmt::format("has no text \"{}\"", key));
        return {};
    }

    [[nodiscard]] bool flag(std::string_view key)
    {
        const auto value = find(key);
        return value && value->boolean();
    }

    template <class Add>
    void list(std::string_view key, Add add)
    {
        const auto value = find(key);
        if (!value)
            return;
        if (!value->is(Type::List))
            set_fault(fmt::format("has a \"{}\" that is not a list", key));
        else
            for (const JsonValue element : *value)
                add(element);
    }

    // Two numbers in a list: [first, last].
    template <class Range>
    [[nodiscard]] Range range(JsonValue value, std::string_view key)
    {
        if (!value.is(Type::List) || value.size() != 2) {
            set_fault(fmt::format("has an entry in \"{}\" that is not [first, last]", key));
            return {};
        }
        auto element = value.begin();
        const auto first = static_cast<std::uint16_t>(number(*element, key, UINT16_MAX));
        ++element;
        const auto last = static_cast<std::uint16_t>(number(*element, key, UINT16_MAX));
        if (first > last)
            set_fault(fmt::format("has a range in \"{}\" that ends before it starts", key));
        return {first, last};
    }

    [[nodiscard]] order::Prefix prefix(std::string_view text)
    {
        const auto prefix = order::parse_prefix(text);
        if (!prefix)
            set_fault(
                fmt::format("has a prefix \"{}\" that {}", order::printable(text), prefix.error().message));
        return prefix.value_or(order::Prefix());
    }

private:
    JsonValue object_;
    std::string fault_;
};

struct Header {
    std::size_t orders = 0;
    std::size_t scopes = 0;
    std::size_t rules = 0;
    std::uint32_t max_id = 0;
    std::string hash;
};

std::optional<order::Prefix> read_sinkhole(Line& line, std::string_view key, bool v6)
{
    if (!line.find(key))
        return std::nullopt;
    const order::Prefix address = line.prefix(line.text(key));
    if (address.v6 != v6 || address.length != address.width())
        line.set_fault(fmt::format("has a \"{}\" that is not one address", key));
    return address;
}

// It ends up in a header field, where a line end would be the end of the field.
std::string read_url(Line& line, std::string_view key)
{
    std::string url = line.text(key, false);
    if (!url.empty() && !order::url_fault(url).empty())
        line.set_fault(fmt::format("has a \"{}\" that {}", key, order::url_fault(url)));
    return url;
}

OrderInfo read_order(Line& line)
{
    OrderInfo order;
    order.id = line.text("order");
    const auto kind = order::kind_named(line.text("kind"));
    const auto status = order::status_named(line.text("status"));
    if (!kind || !status)
        line.set_fault("has an unknown kind or status");
    order.kind = kind.value_or(order::Kind::CourtOrder);
    order.status = status.value_or(order::Status::Active);
    order.mode = line.text("mode") == "observe" ? order::Mode::Observe : order::Mode::Enforce;
    order.authority = line.text("authority");
    order.reference = line.text("reference");
    order.jurisdiction = line.text("jurisdiction");
    const auto time = [&](std::string_view key) {
        return static_cast<std::int64_t>(line.number(key, INT64_MAX));
    };
    // The day of issue alone may lie before 1970.
    if (const auto issued = line.find("issued"); issued && issued->is(Type::Integer))
        order.issued = issued->integer();
    order.effective = time("effective");
    order.expires = time("expires");
    order.comply_by = time("comply_by");
    order.sinkhole = {.ipv4 = read_sinkhole(line, "sinkhole_ipv4", false),
                      .ipv6 = read_sinkhole(line, "sinkhole_ipv6", true)};
    order.notice = {.blocked_by = read_url(line, "blocked_by"),
                    .complaint = read_url(line, "complaint"),
                    .text = line.text("text", false)};
    return order;
}

order::Scope read_scope(Line& line)
{
    order::Scope scope;
    scope.name = line.text("scope");
    line.list("interfaces", [&](JsonValue element) { scope.interfaces.emplace_back(element.text()); });
    line.list("vlans", [&](JsonValue element) {
        scope.vlans.push_back(line.range<order::VlanRange>(element, "vlans"));
    });
    line.list("prefixes", [&](JsonValue element) { scope.prefixes.push_back(line.prefix(element.text())); });
    return scope;
}

order::Target read_target(Line& line)
{
    order::Target target;
    if (const auto name = line.find("name")) {
        target.name.name = name->text();
        target.name.match =
            line.text("match", false) == "exact" ? order::Match::Exact : order::Match::Subtree;
        if (target.name.name.empty() || target.name.name.size() > INTERDICT_NAME_MAX)
            line.set_fault(fmt::format("has a name of no or more than {} bytes", INTERDICT_NAME_MAX));
        return target;
    }
    target.address.prefix = line.prefix(line.text("prefix"));
    target.address.protocol = static_cast<std::uint8_t>(line.number("protocol", UINT8_MAX));
    line.list("ports", [&](JsonValue element) {
        target.address.ports.push_back(line.range<order::PortRange>(element, "ports"));
    });
    if (target.address.ports.size() > INTERDICT_RULE_PORTS_MAX) {
        line.set_fault(fmt::format("has more than {} port ranges", INTERDICT_RULE_PORTS_MAX));
        target.address.ports.clear();
    }
    return target;
}

Rule read_rule(Line& line, const Header& header)
{
    Rule rule;
    interdict_rule& record = rule.record;
    rule.target = read_target(line);
    record.id = static_cast<std::uint32_t>(line.number("id", header.max_id, true));
    record.next = static_cast<std::uint32_t>(line.number("next", header.max_id));
    line.list("orders", [&](JsonValue element) {
        const std::size_t last = header.orders == 0 ? 0 : header.orders - 1;
        rule.orders.push_back(static_cast<std::uint32_t>(line.number(element, "orders", last)));
    });
    if (header.orders == 0 || rule.orders.empty() ||
        std::ranges::adjacent_find(rule.orders, std::greater_equal<>{}) != rule.orders.end())
        line.set_fault("cites no order, or cites them out of order");
    else
        record.order = rule.orders.front();
    record.means = static_cast<__u8>(line.number("means", (1u << INTERDICT_CHANNEL_MAX) - 1, true));
    std::size_t channel = 0;
    line.list("actions", [&](JsonValue element) {
        const auto action = line.number(element, "actions", INTERDICT_ACTION_MAX - 1);
        if (channel < INTERDICT_CHANNEL_MAX)
            record.action[channel++] = static_cast<__u8>(action);
    });
    record.scope = static_cast<std::uint32_t>(line.number("scope", UINT32_MAX));
    record.not_before = line.number("from", INT64_MAX);
    record.not_after = line.number("until", INT64_MAX);
    record.flags = INTERDICT_RULE_PRESENT;
    if (rule.target.is_name() && rule.target.name.match == order::Match::Subtree)
        record.flags |= INTERDICT_RULE_SUBTREE;
    if (line.flag("observe"))
        record.flags |= INTERDICT_RULE_OBSERVE;
    if (line.flag("exempt"))
        record.flags |= INTERDICT_RULE_EXEMPT;
    rule.derived_from.name = line.text("derived_from", false);
    const order::AddressTarget& address = rule.target.address;
    record.protocol = address.protocol;
    record.ports_count = static_cast<__u8>(address.ports.size());
    for (std::size_t i = 0; i < address.ports.size(); ++i)
        record.ports[i] = {address.ports[i].first, address.ports[i].last};
    return rule;
}

class Reader {
public:
    Reader(std::string_view text, std::string_view file) : rest_(text), file_(file) {}

    Result<Ruleset> read()
    {
        const auto header = read_header();
        if (!header)
            return std::unexpected(header.error());
        Ruleset ruleset;
        ruleset.max_id = header->max_id;
        ruleset.orders.reserve(header->orders);
        ruleset.rules.reserve(header->rules);
        const std::size_t lines = header->orders + header->scopes + header->rules;
        for (std::size_t i = 0; i < lines; ++i) {
            auto line = next();
            if (!line)
                return std::unexpected(line.error());
            if (i < header->orders)
                ruleset.orders.push_back(read_order(*line));
            else if (i < header->orders + header->scopes)
                ruleset.scopes.push_back(read_scope(*line));
            else
                ruleset.rules.push_back(read_rule(*line, *header));
            if (!line->fault().empty())
                return bad(line->fault());
            if (ruleset.rules.size() > 1 && ruleset.rules.back().id() <= ruleset.rules.rbegin()[1].id())
                return bad("has an id that is not larger than the one before");
        }
        if ((ruleset.rules.empty() ? 0 : ruleset.rules.back().id()) != header->max_id)
            return bad("does not have the max_id of the header");
        if (const std::string fault = link_chains(ruleset); !fault.empty())
            return fail("{}: {}; write the file anew", file_, fault);
        return ruleset;
    }

    Result<std::vector<NamedRule>> find(std::span<const std::uint32_t> ids)
    {
        const auto header = read_header();
        if (!header)
            return std::unexpected(header.error());
        std::vector<OrderInfo> orders;
        for (std::size_t i = 0; i < header->orders + header->scopes; ++i) {
            auto line = next();
            if (!line)
                return std::unexpected(line.error());
            if (i < header->orders)
                orders.push_back(read_order(*line));
            if (!line->fault().empty())
                return bad(line->fault());
        }
        std::vector<NamedRule> found;
        for (auto wanted = ids.begin(); wanted != ids.end() && !rest_.empty();) {
            const auto id = id_of_next();
            wanted = std::find_if(wanted, ids.end(), [&](std::uint32_t one) { return one >= id; });
            if (wanted == ids.end() || *wanted != id) {
                skip();
                continue;
            }
            auto line = next();
            if (!line)
                return std::unexpected(line.error());
            const Rule rule = read_rule(*line, *header);
            if (!line->fault().empty())
                return bad(line->fault());
            found.push_back(NamedRule::of(rule, orders));
        }
        return found;
    }

private:
    // Every line of a rule begins with it. 0: this one does not.
    [[nodiscard]] std::uint32_t id_of_next() const
    {
        constexpr std::string_view kBegin = R"({"id":)";
        std::uint32_t id = 0;
        if (rest_.starts_with(kBegin))
            std::from_chars(rest_.data() + kBegin.size(), rest_.data() + rest_.size(), id);
        return id;
    }

    void skip()
    {
        ++number_;
        const auto end = rest_.find('\n');
        rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    }

    std::unexpected<Error> bad(std::string_view message) const
    {
        return fail("{}:{}: the line {}; write the file anew", file_, number_, message);
    }

    Result<Line> next()
    {
        ++number_;
        const auto end = rest_.find('\n');
        if (end == rest_.npos)
            return bad("is missing or cut off");
        if (const auto read = tree_.read(rest_.substr(0, end)); !read)
            return bad("is not JSON: " + order::printable(read.error().message, 200));
        rest_.remove_prefix(end + 1);
        return Line(tree_.root());
    }

    Result<Header> read_header()
    {
        auto line = next();
        if (!line)
            return std::unexpected(line.error());
        if (line->text("interdict", false) != "ruleset")
            return bad("is not the header of a rule set");
        if (const auto version = line->number("version", UINT32_MAX); version != kTextVersion)
            return bad(fmt::format("says version {}, this program reads {}", version, kTextVersion));
        Header header;
        // No line is shorter than two bytes: counts beyond that are wrong, and reserving for them would be,
        // too.
        const std::uint64_t most = rest_.size() / 2;
        header.orders = line->number("orders", most, true);
        header.scopes = line->number("scopes", INTERDICT_SCOPES_MAX, true);
        header.rules = line->number("rules", most, true);
        header.max_id = static_cast<std::uint32_t>(line->number("max_id", UINT32_MAX, true));
        header.hash = line->text("hash");
        if (!line->fault().empty())
            return bad(line->fault());
        // Before the body is looked at: a cut-off file is told as such, not by its last line.
        if (const std::string hash = hash_text(rest_); hash != header.hash)
            return fail("{}: the content has the hash {}, the header says {}; the file is cut off or was "
                        "edited, write "
                        "it anew",
                        file_, hash, order::printable(header.hash));
        if (static_cast<std::uint64_t>(std::ranges::count(rest_, '\n')) !=
            header.orders + header.scopes + header.rules)
            return bad("does not have the counts of the content");
        return header;
    }

    std::string_view rest_;
    std::string_view file_;
    std::size_t number_ = 0;
    order::JsonTree tree_;
};

} // namespace

Result<Ruleset> read_ruleset(std::string_view text, std::string_view file)
{
    return Reader(text, file).read();
}

Result<std::vector<NamedRule>> find_rules(std::string_view text, std::string_view file,
                                          std::span<const std::uint32_t> ids)
{
    return Reader(text, file).find(ids);
}

NamedRule NamedRule::of(const Rule& rule, const std::vector<OrderInfo>& orders)
{
    NamedRule named{.id = rule.id(),
                    .target = rule.target,
                    .means = rule.record.means,
                    .exempt = rule.exempt(),
                    .observe = rule.observe(),
                    .orders = {}};
    for (const auto index : rule.orders)
        named.orders.push_back(orders[index].id);
    return named;
}

} // namespace interdict::ruleset
