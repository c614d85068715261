// SPDX-License-Identifier: Apache-2.0
#include "watch/survey.h"

#include <algorithm>
#include <map>

#include <libpsl.h>

namespace interdict::watch {

namespace {

constexpr std::uint16_t kBlocked = 15; // RFC 8914: 15 Blocked, 16 Censored, 17 Filtered
constexpr std::uint16_t kFiltered = 17;
constexpr std::size_t kAliasesMax = 16;

// The replies to a survey's questions, by type and name.
class Questions {
public:
    std::size_t add(const std::string& name, Type type)
    {
        const auto [at, fresh] = index_.try_emplace({static_cast<int>(type), name}, list_.size());
        if (fresh)
            list_.push_back({name, type});
        return at->second;
    }
    [[nodiscard]] const std::vector<Question>& list() const { return list_; }
    [[nodiscard]] const Reply& reply(const Replies& replies, const std::string& name, Type type,
                                     std::size_t resolver) const
    {
        return replies[index_.at({static_cast<int>(type), name})][resolver];
    }

private:
    std::map<std::pair<int, std::string>, std::size_t> index_;
    std::vector<Question> list_;
};

std::vector<std::string> aliases(const Message& message, const std::string& name)
{
    std::vector<std::string> chain;
    std::string at = name;
    while (chain.size() < kAliasesMax) {
        const auto next = std::ranges::find_if(message.answers, [&](const Record& record) {
            return record.type == Type::Cname && record.owner == at;
        });
        if (next == message.answers.end())
            break;
        at = next->value;
        if (at == name || std::ranges::find(chain, at) != chain.end())
            break; // a loop
        chain.push_back(at);
    }
    return chain;
}

std::set<std::string> values_of(const Reply& reply, Type type)
{
    std::set<std::string> values;
    if (reply.message)
        for (const auto& record : reply.message->answers)
            if (record.type == type)
                values.insert(record.value);
    return values;
}

std::string no_vote(const Reply& reply)
{
    if (!reply.message)
        return reply.fault;
    const Message& message = *reply.message;
    if (message.extended_error && *message.extended_error >= kBlocked && *message.extended_error <= kFiltered)
        return fmt::format("a filter answers (extended error {})", *message.extended_error);
    if (message.rcode != kNoError && message.rcode != kNxDomain && message.rcode != kServFail)
        return rcode_name(message.rcode);
    return {};
}

bool any_in(const std::set<std::string>& addresses, const std::vector<order::Prefix>& prefixes)
{
    return std::ranges::any_of(addresses, [&](const std::string& text) {
        const auto address = order::parse_address(text);
        return address && std::ranges::any_of(prefixes, [&](const auto& p) { return p.contains(*address); });
    });
}

std::uint32_t least_ttl(const Message& message, std::uint32_t least)
{
    for (const auto& record : message.answers)
        least = least == 0 ? record.ttl : std::min(least, record.ttl);
    return least;
}

// What the answers for A and AAAA say together: the name is there if either says so.
void judge(View& view, const std::string& name, const Reply& a, const Reply& aaaa, const Method& method)
{
    view.rcode = a.message ? rcode_name(a.message->rcode) : a.fault;
    const std::string doubt = no_vote(a);
    const std::string other_doubt = no_vote(aaaa);
    const bool a_there = doubt.empty() && a.message->rcode == kNoError;
    const bool aaaa_there = other_doubt.empty() && aaaa.message->rcode == kNoError;
    if (a_there) {
        view.ipv4 = values_of(a, Type::A);
        view.chain = aliases(*a.message, name);
        view.ttl = least_ttl(*a.message, 0);
    }
    if (aaaa_there) {
        view.ipv6 = values_of(aaaa, Type::Aaaa);
        if (!a_there)
            view.chain = aliases(*aaaa.message, name);
        view.ttl = least_ttl(*aaaa.message, view.ttl);
    }
    if (any_in(view.ipv4, method.stop_pages) || any_in(view.ipv6, method.stop_pages))
        view.why = "the address of a stop page";
    else if (!doubt.empty())
        view.why = doubt;
    else if (a_there || aaaa_there)
        view.verdict = Verdict::Alive;
    else
        view.verdict = Verdict::Gone;
}

using Pick = std::function<const std::set<std::string>&(const View&)>;

Agreed::Values count(std::span<const View* const> views, unsigned quorum, const Pick& pick)
{
    std::map<std::string, unsigned> votes;
    unsigned empty = 0;
    for (const View* view : views) {
        const auto& values = pick(*view);
        empty += values.empty();
        for (const auto& value : values)
            ++votes[value];
    }
    Agreed::Values agreed;
    for (const auto& [value, number] : votes)
        if (number >= quorum)
            agreed.values.insert(value);
    agreed.scattered = agreed.values.empty() && empty < quorum;
    return agreed;
}

std::string most_common_rcode(const Survey& survey)
{
    std::map<std::string, unsigned> votes;
    for (const auto& view : survey.views)
        if (view.verdict == Verdict::Gone)
            ++votes[view.rcode];
    return std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; })->first;
}

} // namespace

std::string registered_domain(const std::string& name)
{
    // The list inside the library: the same name means the same domain everywhere.
    const psl_ctx_t* list = psl_builtin();
    const char* domain = list ? psl_registrable_domain(list, name.c_str()) : nullptr;
    return domain ? domain : name;
}

Result<std::vector<Survey>> survey(std::span<const std::string> names, const Method& method, const Ask& ask)
{
    // By type: the hosts of one operator that do not answer are then not asked four times in a row.
    Questions questions;
    for (const auto& name : names)
        questions.add(name, Type::A);
    for (const auto& name : names)
        questions.add(name, Type::Aaaa);
    for (const auto& name : names) {
        questions.add(registered_domain(name), Type::Ns);
        questions.add(registered_domain(name), Type::Soa);
        if (method.mx)
            questions.add(name, Type::Mx);
    }
    INTERDICT_TRY(const auto replies, ask(questions.list()));
    std::vector<Survey> surveys;
    for (const auto& name : names) {
        Survey survey{.name = name, .views = {}};
        const std::string domain = registered_domain(name);
        for (std::size_t i = 0; i < method.resolvers.size(); ++i) {
            View view{.resolver = to_string(method.resolvers[i]), .rcode = {}, .why = {}};
            judge(view, name, questions.reply(replies, name, Type::A, i),
                  questions.reply(replies, name, Type::Aaaa, i), method);
            view.name_servers = values_of(questions.reply(replies, domain, Type::Ns, i), Type::Ns);
            const auto soa = values_of(questions.reply(replies, domain, Type::Soa, i), Type::Soa);
            view.soa = soa.empty() ? std::string() : *soa.begin();
            if (method.mx)
                view.mx = values_of(questions.reply(replies, name, Type::Mx, i), Type::Mx);
            survey.views.push_back(std::move(view));
        }
        surveys.push_back(std::move(survey));
    }
    return surveys;
}

Agreed agree(const Survey& survey, unsigned quorum)
{
    std::vector<const View*> alive;
    unsigned gone = 0;
    for (const auto& view : survey.views)
        if (view.verdict == Verdict::Alive)
            alive.push_back(&view);
        else if (view.verdict == Verdict::Gone)
            ++gone;
    Agreed agreed;
    if (gone >= quorum) {
        agreed.state = Agreed::State::Gone;
        agreed.rcode = most_common_rcode(survey);
        return agreed;
    }
    if (alive.size() < quorum) {
        agreed.why = fmt::format(
            "{} of {} resolvers have the name, {} have not, {} say nothing; {} must agree", alive.size(),
            survey.views.size(), gone, survey.views.size() - alive.size() - gone, quorum);
        return agreed;
    }
    agreed.state = Agreed::State::Alive;
    agreed.rcode = rcode_name(kNoError);
    agreed.ipv4 = count(
        alive, quorum, [](const View& view) -> auto& { return view.ipv4; });
    agreed.ipv6 = count(
        alive, quorum, [](const View& view) -> auto& { return view.ipv6; });
    agreed.name_servers = count(
        alive, quorum, [](const View& view) -> auto& { return view.name_servers; });
    std::map<const View*, std::set<std::string>> ends;
    for (const View* view : alive)
        ends[view] = {view->chain.empty() ? survey.name : view->chain.back()};
    agreed.canonical = count(
        alive, quorum, [&](const View& view) -> auto& { return ends.at(&view); });
    return agreed;
}

std::string_view to_string(Agreed::State state)
{
    switch (state) {
    case Agreed::State::Alive:
        return "alive";
    case Agreed::State::Gone:
        return "gone";
    case Agreed::State::Undecided:
        break;
    }
    return "undecided";
}

} // namespace interdict::watch
