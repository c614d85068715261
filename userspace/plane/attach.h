// SPDX-License-Identifier: Apache-2.0
//
// attach.h: the entry program on an interface, and off it again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "plane/dispatcher.h"
#include "plane/maps.h"
#include "plane/pins.h"
#include "plane/programs.h"

namespace interdict::plane {

enum class Means {
    Automatic,  // the dispatcher where the kernel permits it, else a link
    Dispatcher, // beside other XDP programs, or not at all
    Link,       // alone on the interface
};

struct AttachOptions {
    Means means = Means::Automatic;
    bool native_allowed = true;
    bool generic_allowed = true;          // where the driver has no native XDP
    unsigned priority = kDefaultPriority; // among the dispatcher's programs; smaller runs first
    bool verbose = false;                 // whole logs of the kernel and of libxdp in errors
};

struct Attachment {
    std::string interface;
    unsigned ifindex = 0; // 0: the interface is gone
    bool attached = false;
    bool generic = false; // not native: every packet has already cost the kernel an skb
    Means means = Means::Link;
    std::vector<std::string> warnings{}; // to be shown loudly
};

// Puts the entry program on the interface and pins it, so that it stays when this process dies. An interface
// that already has it is left as it is.
//
// Errors: no such interface; another XDP program holds it (named, with the remedy); neither native nor (if
// allowed) generic mode possible. The interface is then as before.
[[nodiscard]] Result<Attachment> attach(const Maps& maps, const Programs& programs, const Pins& pins,
                                        const std::string& interface, const AttachOptions& options);

// Takes the program off and removes its pin. No error if it was not there, or if the interface is gone.
[[nodiscard]] Result<void> detach(const Pins& pins, const std::string& interface);

// What is pinned for the interface, nothing if nothing is.
[[nodiscard]] Result<std::optional<Attachment>> attachment(const Pins& pins, const std::string& interface);

} // namespace interdict::plane
