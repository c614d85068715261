// SPDX-License-Identifier: Apache-2.0
//
// attach.h: the entry program on an interface, and off it again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
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
    std::string interface; // its name now; of one that is gone: the last that is known
    unsigned ifindex = 0;  // 0: the interface is gone
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

// What is pinned under this name, nothing if nothing is.
[[nodiscard]] Result<std::optional<Attachment>> attachment(const Pins& pins, const std::string& interface);

// Empty: this network namespace has none of this number.
[[nodiscard]] std::string interface_name(unsigned ifindex);

// A pin whose interface has got another name.
struct PinMove {
    std::string pin;
    std::string name; // of the interface
    unsigned ifindex = 0;
    Means means = Means::Link;
};

// indices: where members of a dispatcher may be; a link knows by itself where it is.
[[nodiscard]] Result<std::vector<PinMove>> renamed(const Pins& pins, std::span<const unsigned> indices);

// Names may have been exchanged. What a gone interface left under a name makes way.
[[nodiscard]] Result<void> rename_pins(const Pins& pins, std::span<const PinMove> moves);

} // namespace interdict::plane
