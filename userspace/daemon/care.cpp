// SPDX-License-Identifier: Apache-2.0
#include "daemon/care.h"

#include <algorithm>
#include <chrono>

namespace interdict::daemon {

namespace {

constexpr std::chrono::seconds kCarePace{2};
constexpr std::chrono::seconds kCareLongest{300};

} // namespace

void Care::look()
{
    const auto time = std::chrono::steady_clock::now();
    const bool up = desk_.edge().up();
    // Bringing one up takes seconds of the kernel's time; pinning one again takes none.
    const bool due = up || time - brought_ >= bring_delay_;
    const bool mended = due && desk_.edge_keeper().mend();
    if (!up && due) {
        brought_ = time;
        bring_delay_ = std::clamp(bring_delay_ * 2, kCarePace, kCareLongest);
    }
    if (mended)
        events_.add(Severity::Info, "plane", "the plane is up and pinned again");
    const bool book_again = desk_.mend_book();
    if (book_again)
        events_.add(Severity::Info, "book", "the disk is well, and the book open again");
    const auto found = desk_.faults();
    std::set<std::string> faults(found.begin(), found.end());
    bool better = mended || book_again;
    for (const auto& fault : faults)
        if (!known_.contains(fault))
            events_.add(Severity::Warning, "fault", fault);
    for (const auto& fault : known_)
        if (!faults.contains(fault)) {
            events_.add(Severity::Info, "fault-over", fault);
            better = true;
        }
    const bool differs = faults != known_;
    known_ = std::move(faults);
    catch_up(better);
    if (differs || mended || book_again)
        changed_();
    loop_.after(kCarePace, [this] { look(); });
}

// The whole book may be millions of rules: what does not help is not done every two seconds.
void Care::catch_up(bool now)
{
    const auto time = std::chrono::steady_clock::now();
    caught_up_ = caught_up_ && !desk_.behind() && !now;
    if (caught_up_ || (!now && time - tried_ < delay_))
        return;
    tried_ = time;
    caught_up_ = catch_up_();
    delay_ = caught_up_ ? std::chrono::seconds(0) : std::clamp(delay_ * 2, kCarePace, kCareLongest);
}

} // namespace interdict::daemon
