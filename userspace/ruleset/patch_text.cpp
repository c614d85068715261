// SPDX-License-Identifier: Apache-2.0
//
// {"interdict":"patch","version":1,"before":"...","removed":[7]} and then, as in text.h, the rule set of the
// places that change, as they are afterwards; without scopes, which a patch leaves as they are.
#include <fmt/ranges.h>

#include "order/json_tree.h"
#include "ruleset/patch.h"
#include "ruleset/text.h"

namespace interdict::ruleset {

std::string write_patch(const Patch& patch, std::string_view before)
{
    Ruleset after = patch.after;
    after.scopes.clear();
    return fmt::format("{{\"interdict\":\"patch\",\"version\":{},\"before\":\"{}\",\"removed\":[{}]}}\n",
                       kTextVersion, before, fmt::join(patch.diff.removed, ",")) +
           write_ruleset(after);
}

Result<StoredPatch> read_patch(std::string_view text, std::string_view file)
{
    using Type = order::JsonValue::Type;
    const auto end = text.find('\n');
    order::JsonTree tree;
    if (end == text.npos || !tree.read(text.substr(0, end)) || !tree.root().is(Type::Object))
        return fail("{}:1: not the header of a patch; write the file anew", file);
    StoredPatch patch;
    bool known = false;
    bool sound = true;
    for (const order::JsonValue member : tree.root()) {
        if (member.key() == "version") {
            known = member.is(Type::Integer) && member.integer() == kTextVersion;
        } else if (member.key() == "before") {
            patch.before = member.text();
        } else if (member.key() == "removed") {
            for (const order::JsonValue id : member) {
                sound = sound && id.is(Type::Integer) && id.integer() > 0 && id.integer() <= UINT32_MAX;
                patch.removed.push_back(static_cast<std::uint32_t>(sound ? id.integer() : 0));
            }
        }
    }
    if (!known || !sound || patch.before.size() != 64)
        return fail("{}:1: not the header of a patch of version {}; write the file anew", file, kTextVersion);
    INTERDICT_TRY(patch.after, read_ruleset(text.substr(end + 1), file));
    return patch;
}

} // namespace interdict::ruleset
