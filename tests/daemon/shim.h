// SPDX-License-Identifier: Apache-2.0
//
// shim.h: what a test tells the library that it preloads into a daemon (shim.c).
#pragma once

#include <stdint.h>

struct shim {
    int64_t clock;   // seconds that the wall clock is ahead
    int64_t no_maps; // not 0: no memory for new BPF maps
};
