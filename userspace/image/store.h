// SPDX-License-Identifier: Apache-2.0
// store.h: one store into a map that programs read meanwhile.
#pragma once

#include <atomic>

namespace interdict::image {

// Seen whole, and after all that was stored before it.
template <class T>
void store(T& place, T value)
{
    std::atomic_ref<T>(place).store(value, std::memory_order_release);
}

} // namespace interdict::image
