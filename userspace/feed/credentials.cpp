// SPDX-License-Identifier: Apache-2.0
#include "feed/credentials.h"

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

namespace interdict::feed {

Result<Credentials> read_credentials(const std::filesystem::path& path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) < 0)
        return fail_errno(errno, "{}: cannot stat", path.string());
    if (!S_ISREG(status.st_mode))
        return fail("{}: is not a regular file", path.string());
    if ((status.st_mode & 077) != 0)
        return fail("{}: has the mode {:04o}, so others than its owner can read the password; chmod 0600 {}",
                    path.string(), status.st_mode & 07777, path.string());
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        return fail("{}: belongs to user {}, who could change it; chown it to the user that runs this",
                    path.string(), status.st_uid);
    INTERDICT_TRY(const std::string text, read_file(path, 1 << 16));
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto member = [&](const char* key) {
        const auto found = json.find(key);
        return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    if (!json.is_object() || json.size() != 2 || member("email").empty() || member("password").empty())
        return fail("{}: is not {{\"email\": \"...\", \"password\": \"...\"}}", path.string());
    return Credentials{member("email"), member("password")};
}

} // namespace interdict::feed
