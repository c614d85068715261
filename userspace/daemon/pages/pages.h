// SPDX-License-Identifier: Apache-2.0
//
// pages.h: what subscribers read: the stop page in place of what is blocked, and the look-up. Nothing is
// written down of who asks for what.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/api/server.h"
#include "daemon/config.h"

namespace interdict::daemon::pages {

// What both have: the book, opened anew for every request, and settings that may change meanwhile.
class Pages : public api::Router {
public:
    explicit Pages(std::filesystem::path book) : book_(std::move(book)) {}

    void set(const PagesConfig& config);

protected:
    [[nodiscard]] std::shared_ptr<const PagesConfig> config() const;
    [[nodiscard]] const std::filesystem::path& book() const { return book_; }

private:
    std::filesystem::path book_;
    mutable std::mutex mutex_; // of the settings
    std::shared_ptr<const PagesConfig> config_ = std::make_shared<PagesConfig>();
};

// Answers to any name and path with 451 (RFC 7725), or with 404 if the name is not blocked.
class StopPage : public Pages {
public:
    using Pages::Pages;
    [[nodiscard]] api::Admission admit(const std::string& method, const std::string& path,
                                       const api::Peer& peer) const override;
    void serve(const api::Request& request, api::Answer& answer) override;
};

// GET /?name=NAME, and /lookup.json?name=NAME for programs.
class LookUp : public Pages {
public:
    using Pages::Pages;
    [[nodiscard]] api::Admission admit(const std::string& method, const std::string& path,
                                       const api::Peer& peer) const override;
    void serve(const api::Request& request, api::Answer& answer) override;
};

} // namespace interdict::daemon::pages
