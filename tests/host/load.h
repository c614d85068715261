// SPDX-License-Identifier: Apache-2.0
//
// load.h: rule sets for the host build of the packet path, by the code that makes them for the kernel.
#pragma once

#ifdef __cplusplus

#include <string>

#include "image/image.h"
#include "ruleset/ruleset.h"

namespace interdict::host {

// Makes the image live (host_publish). The interface has the scopes of one that no scope names.
void publish(const image::Image& image);

} // namespace interdict::host

extern "C" {
#endif

// An order file as text, with keys made of a fixed seed. Returns the number of ids, the unused 0 included.
// Aborts with the reason if the text is no order file.
unsigned host_load_orders(const char* text);

#ifdef __cplusplus
}
#endif
