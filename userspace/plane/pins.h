// SPDX-License-Identifier: Apache-2.0
//
// pins.h: the directories of one pin set in bpffs (maps/README.md lists every file).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace interdict::plane {

class Pins {
public:
    explicit Pins(std::filesystem::path root) : root_(std::move(root)) {}

    [[nodiscard]] const std::filesystem::path& root() const { return root_; }
    [[nodiscard]] std::filesystem::path map(std::string_view name) const;
    [[nodiscard]] std::filesystem::path program(std::string_view name) const;
    // The link of an interface that the plane holds alone.
    [[nodiscard]] std::filesystem::path link(std::string_view interface) const;
    // The program of an interface that is one of several under libxdp's dispatcher.
    [[nodiscard]] std::filesystem::path member(std::string_view interface) const;

    // A set of its own, for proofs, inside this one.
    [[nodiscard]] Pins proof() const;

    // One that is to take the place of this one, inside it.
    [[nodiscard]] Pins next() const;

    // A complete set: the map "control" is pinned last.
    [[nodiscard]] bool exist() const;

    // Names of the interfaces that have a link pin, and of those that have a member pin.
    [[nodiscard]] std::vector<std::string> linked() const;
    [[nodiscard]] std::vector<std::string> members() const;

    // Makes the directories. Errors: the place is not in a bpffs (with the mount command), no privilege.
    [[nodiscard]] Result<void> make() const;

    // Names of the directories in the root; that of the maps last.
    [[nodiscard]] static std::vector<std::string> parts();
    // Removes one of them, with all that is in it.
    [[nodiscard]] Result<void> clear_part(const std::string& part) const;

    // Removes everything inside the root.
    [[nodiscard]] Result<void> clear() const;

    // Removes every pin and directory; a set that does not exist is no error.
    [[nodiscard]] Result<void> remove() const;

private:
    std::filesystem::path root_;
};

// Error unless the path, or the nearest directory above it that exists, is in a bpffs.
[[nodiscard]] Result<void> check_bpffs(const std::filesystem::path& path);

} // namespace interdict::plane
