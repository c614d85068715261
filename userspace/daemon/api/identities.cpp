// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/identities.h"

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

namespace interdict::daemon::api {

namespace {

struct Account {
    std::string name;
    std::vector<gid_t> groups;
};

Account account_of(uid_t uid, gid_t gid)
{
    std::array<char, 16384> buffer;
    passwd entry = {};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || !found)
        return {fmt::format("uid {}", uid), {gid}};
    Account account{found->pw_name, std::vector<gid_t>(256)};
    int count = static_cast<int>(account.groups.size());
    if (::getgrouplist(found->pw_name, gid, account.groups.data(), &count) < 0)
        count = static_cast<int>(account.groups.size());
    account.groups.resize(static_cast<std::size_t>(count));
    return account;
}

class TokenFile {
public:
    explicit TokenFile(std::filesystem::path file) : file_(std::move(file)) {}

    Peer peer_of(std::string_view text)
    {
        const std::lock_guard lock(mutex_);
        read();
        const auto* token = text.empty() ? nullptr : tokens_.find(text);
        // Those who guess share one rate.
        return token
                   ? Peer{.role = token->role, .actor = "token " + token->name, .key = "token " + token->name}
                   : Peer{.role = Role::None, .actor = "nobody", .key = "nobody"};
    }

private:
    void read()
    {
        struct stat info = {};
        if (::stat(file_.c_str(), &info) != 0) {
            tokens_ = {};
            read_ = {};
        } else if (info.st_ino != read_.st_ino || info.st_mtim.tv_sec != read_.st_mtim.tv_sec ||
                   info.st_mtim.tv_nsec != read_.st_mtim.tv_nsec || info.st_mode != read_.st_mode) {
            tokens_ = Tokens::load(file_).value_or(Tokens());
            read_ = info;
        }
    }

    const std::filesystem::path file_;
    std::mutex mutex_; // what follows
    Tokens tokens_;
    struct stat read_ = {};
};

} // namespace

Identities users(const std::string& group)
{
    return {.of_user = [group](unsigned uid, unsigned gid, int) {
        const auto account = account_of(uid, gid);
        Peer peer{.actor = account.name, .root = uid == 0, .key = fmt::format("uid {}", uid)};
        // Looked up each time: members come and go.
        const struct group* readers = group.empty() ? nullptr : ::getgrnam(group.c_str());
        if (uid == 0)
            peer.role = Role::Approve;
        else if (readers && std::ranges::find(account.groups, readers->gr_gid) != account.groups.end())
            peer.role = Role::Read;
        return peer;
    }};
}

Identities token_holders(const std::filesystem::path& file)
{
    const auto tokens = std::make_shared<TokenFile>(file);
    return {.of_token = [tokens](std::string_view text) { return tokens->peer_of(text); }};
}

} // namespace interdict::daemon::api
