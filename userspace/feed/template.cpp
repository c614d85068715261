// SPDX-License-Identifier: Apache-2.0
#include "feed/template.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "feed/target_index.h"
#include "order/json_tree.h"
#include "order/parse.h"

namespace interdict::feed {

namespace {

using Ordered = nlohmann::ordered_json;
using Problems = std::vector<order::Problem>;

constexpr std::string_view kOrderPath = "$.orders[0]";

// The template's text, and where its members stand.
class Text {
public:
    Text(std::string_view json, std::string file) : json_(json), file_(std::move(file)) {}

    [[nodiscard]] bool read(Problems& problems)
    {
        if (const auto done = tree_.read(json_); !done) {
            const auto place = order::place_of(json_, done.error().offset);
            problems.push_back(
                {file_, "$", place.line, place.column, {}, done.error().message, "write JSON"});
            return false;
        }
        if (!tree_.root().is(order::JsonValue::Type::Object)) {
            problems.push_back({file_, "$", 1, 0, {}, "is not an object", "write {\"id\": ..., ...}"});
            return false;
        }
        for (const order::JsonValue member : tree_.root())
            if (member.repeated())
                add(problems, member.key(), {}, "is written twice", "keep one of the two");
        return problems.empty();
    }

    void add(Problems& problems, std::string_view key, std::string value, std::string message,
             std::string remedy) const
    {
        problems.push_back({file_, fmt::format("$.{}", key), line_of(key), 0, std::move(value),
                            std::move(message), std::move(remedy)});
    }

    // The order parser's problem as one of the template.
    [[nodiscard]] order::Problem moved(order::Problem problem) const
    {
        problem.file = file_;
        problem.column = 0;
        problem.line = 0;
        if (problem.json_path.starts_with(kOrderPath)) {
            problem.json_path.replace(0, kOrderPath.size(), "$");
            const std::string_view key = std::string_view(problem.json_path).substr(1);
            if (key.starts_with('.'))
                problem.line = line_of(key.substr(1, key.find_first_of(".[", 1) - 1));
        }
        return problem;
    }

    [[nodiscard]] const std::string& file() const { return file_; }

private:
    [[nodiscard]] std::size_t line_of(std::string_view key) const
    {
        for (const order::JsonValue member : tree_.root())
            if (member.key() == key)
                return order::place_of(json_, member.offset()).line;
        return 0;
    }

    std::string_view json_;
    std::string file_;
    order::JsonTree tree_;
};

// Takes the member out of the object; null if it is not there.
Ordered take(Ordered& object, const char* key)
{
    const auto found = object.find(key);
    if (found == object.end())
        return nullptr;
    Ordered value = std::move(*found);
    object.erase(found);
    return value;
}

void read_item_expires(const Ordered& value, const Text& text, Template& basis, Problems& problems)
{
    if (value.is_null())
        return;
    const auto duration = value.is_string() ? parse_duration(value.get<std::string>()) : fail("{}", "");
    if (duration && *duration > 0)
        basis.item_expires = *duration;
    else
        text.add(problems, "item_expires", value.dump(), "is not a duration of fixed length",
                 "write e.g. P30D");
}

void read_match(const Ordered& value, const Text& text, Template& basis, Problems& problems)
{
    if (value == "exact")
        basis.match = order::Match::Exact;
    else if (value == "subtree")
        basis.match = order::Match::Subtree;
    else if (!value.is_null())
        text.add(problems, "match", value.dump(), "is not a way to match", "write exact or subtree");
}

// A target only so that the order stands: one that the means can carry out.
Ordered any_target(const Ordered& object)
{
    const auto means = object.find("means");
    if (means != object.end() && *means == Ordered::array({"address"}))
        return {{"prefix", "192.0.2.1/32"}, {"expires", "9999-12-31T00:00:00Z"}};
    return {{"name", "interdict.example"}};
}

// Joins what lists name into the order.
class Joiner {
public:
    Joiner(const Template& basis, const Receipt& receipt, const std::vector<List>& lists)
        : basis_(basis), receipt_(receipt), single_(lists.size() == 1)
    {
        out_.order = basis.order;
        std::size_t count = 0;
        for (const List& list : lists)
            count += list.accepted.size();
        out_.order.targets.reserve(count);
        out_.tickets.reserve(count);
    }

    void add(Accepted accepted)
    {
        if (!note(accepted.item.target)) {
            ++out_.repeated;
            return;
        }
        const bool name = accepted.item.target.is_name();
        ++(name ? names_ : addresses_);
        if (!name && accepted.item.expires == 0)
            accepted.item.expires = end_of(accepted.item.target);
        out_.order.targets.push_back(std::move(accepted.item));
        out_.tickets.push_back(std::move(accepted.ticket));
    }

    void leave_open(const std::vector<order::NameTarget>& names)
    {
        if (names.empty())
            return;
        std::unordered_map<std::string_view, order::Match> targets;
        for (const order::Item& item : out_.order.targets)
            if (item.target.is_name())
                targets.emplace(item.target.name.name, item.target.name.match);
        std::unordered_set<std::string_view> seen;
        for (const order::NameTarget& name : names)
            if (!targets.contains(name.name) && covered(name.name, targets) && seen.insert(name.name).second)
                out_.order.exempt.push_back(name);
    }

    [[nodiscard]] Result<Converted> finish()
    {
        if (out_.order.targets.empty())
            return fail("nothing on the list could be accepted");
        if (endless_ != 0)
            return fail(
                "{} of {} addresses have no end: addresses change hands, so a block on one must end; add "
                "\"item_expires\", e.g. \"P30D\", to {}",
                endless_, addresses_, basis_.order.file);
        if (names_ != 0 && basis_.order.means == 0)
            return fail(
                "the list has {} names, but the means of {} are \"address\" alone; add means such as dns, "
                "tls, quic and http",
                names_, basis_.order.file);
        return std::move(out_);
    }

private:
    [[nodiscard]] std::int64_t end_of(const order::Target& target)
    {
        if (!basis_.item_expires) {
            endless_ += basis_.order.expires == 0;
            return 0;
        }
        const std::int64_t before = receipt_.end_in_force ? receipt_.end_in_force(target) : 0;
        if (before > receipt_.received + *basis_.item_expires / 2)
            return before;
        return receipt_.received + *basis_.item_expires;
    }

    // False if the target is there already.
    [[nodiscard]] bool note(const order::Target& target)
    {
        if (single_)
            return true;
        auto& targets = out_.order.targets;
        const auto known = index_.find_or_add(
            target, [&](std::size_t place) -> const order::Target& { return targets[place].target; });
        if (known && target.is_name() && target.name.match == order::Match::Subtree)
            targets[*known].target.name.match = order::Match::Subtree;
        return !known;
    }

    static bool covered(std::string_view name,
                        const std::unordered_map<std::string_view, order::Match>& targets)
    {
        for (auto above = order::parent_of(name); !above.empty(); above = order::parent_of(above))
            if (const auto found = targets.find(above);
                found != targets.end() && found->second == order::Match::Subtree)
                return true;
        return false;
    }

    const Template& basis_;
    const Receipt& receipt_;
    Converted out_;
    bool single_; // one list, in which every target is there once
    TargetIndex index_;
    std::size_t names_ = 0;
    std::size_t addresses_ = 0;
    std::size_t endless_ = 0;
};

} // namespace

std::expected<Template, std::vector<order::Problem>> parse_template(std::string_view json, std::string file)
{
    Problems problems;
    Text text(json, std::move(file));
    if (!text.read(problems))
        return std::unexpected(std::move(problems));
    // The tree has read it, so this cannot throw.
    Ordered object = Ordered::parse(json, nullptr, false);
    Template basis;
    read_item_expires(take(object, "item_expires"), text, basis, problems);
    read_match(take(object, "match"), text, basis, problems);
    for (const char* key : {"targets", "exempt"})
        if (!take(object, key).is_null())
            text.add(problems, key, {}, "stands in a template", "remove it: the targets come from the list");
    object["targets"] = Ordered::array({any_target(object)});

    order::Parsed parsed =
        order::parse_orders(Ordered{{"orders", Ordered::array({std::move(object)})}}.dump(), text.file());
    for (order::Problem& problem : parsed.problems)
        problems.push_back(text.moved(std::move(problem)));
    if (!problems.empty() || parsed.orders.size() != 1)
        return std::unexpected(std::move(problems));
    basis.order = std::move(parsed.orders.front());
    basis.order.targets.clear();
    basis.order.json_path = "$";
    basis.order.line = 1;
    return basis;
}

Result<Converted> to_order(std::vector<List> lists, const Template& basis, const Receipt& receipt)
{
    Joiner joiner(basis, receipt, lists);
    for (List& list : lists) {
        if (list.format == Format::Native)
            return fail(
                "{} has whole orders, which carry their own legal basis; import it without a template",
                list.source);
        for (Accepted& accepted : list.accepted)
            joiner.add(std::move(accepted));
        list.accepted = {};
    }
    for (const List& list : lists)
        joiner.leave_open(list.passthru);
    return joiner.finish();
}

} // namespace interdict::feed
