// SPDX-License-Identifier: Apache-2.0
#include "daemon/steps.h"

#include "control/changes_json.h"
#include "order/parse.h"

namespace interdict::daemon {

namespace {

Json problem_json(const order::Problem& problem)
{
    Json json = {{"path", problem.json_path}};
    if (problem.line != 0)
        json["line"] = problem.line;
    if (!problem.value.empty())
        json["value"] = problem.value;
    json["message"] = problem.message;
    json["remedy"] = problem.remedy;
    return json;
}

Reply answer(control::Steps::Done done)
{
    if (!done)
        return failure(done.error());
    Json json = std::move(done->json);
    control::put_end(json, done->sentence, control::End::Ok, {});
    return json;
}

} // namespace

std::expected<OrderList, Failure> read_orders(std::string_view text, bool partial)
{
    auto parsed = order::parse_orders(text, "body");
    const auto count = parsed.problems.size() + parsed.unlisted;
    if (parsed.ok() || (partial && !parsed.orders.empty()))
        return OrderList{std::move(parsed.orders), count};
    Failure failure{.status = 422,
                    .code = "invalid",
                    .message = fmt::format("{} problem{}, nothing was taken", count, count == 1 ? "" : "s")};
    for (const auto& problem : parsed.problems)
        failure.problems.push_back(problem_json(problem));
    return std::unexpected(std::move(failure));
}

Reply keep_document(Desk& desk, const book::Act& act, std::string_view bytes, const std::string& name)
{
    const auto kept = desk.book().documents().keep(bytes, name, act);
    if (!kept)
        return internal(kept.error());
    return Json{{"sha256", *kept}, {"name", name}};
}

Reply propose_override(Desk& desk, const book::Act& act, const std::string& id, const std::string& target)
{
    if (act.reason.empty())
        return failure(422, "invalid", "an override needs a reason");
    return answer(desk.steps(act).propose_override(id, target));
}

Reply reject(Desk& desk, const book::Act& act, std::int64_t proposal)
{
    return answer(desk.steps(act).reject(proposal));
}

Reply take(Desk& desk, const book::Act& act, control::Steps::Found step)
{
    return step ? desk.take(act, *std::move(step)) : failure(step.error());
}

} // namespace interdict::daemon
