// SPDX-License-Identifier: Apache-2.0
//
// documents.h: the instruments themselves, by their hash.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/records.h"

namespace interdict::book {

class Store;

class Documents {
public:
    explicit Documents(Store& store) : store_(store) {}

    // Keeps a document by its SHA-256, which is returned.
    [[nodiscard]] Result<std::string> keep(std::string_view bytes, std::string_view name, const Act& act);
    [[nodiscard]] Result<std::optional<std::string>> find(std::string_view sha256) const;

private:
    Store& store_;
};

} // namespace interdict::book
