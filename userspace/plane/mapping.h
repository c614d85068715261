// SPDX-License-Identifier: Apache-2.0
//
// mapping.h: a BPF array in this process' memory.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "base/result.h"
#include "plane/kernel.h"

namespace interdict::plane {

enum class Touch { All, Some };

// The elements of a BPF_F_MMAPABLE array of T. Stays valid after the map's descriptor is closed.
template <class T>
class Mapping {
public:
    // The kernel rounds every element up to 8 bytes.
    static constexpr std::size_t kStride = (sizeof(T) + 7) / 8 * 8;

    Mapping() = default;
    Mapping(Mapping&& other) noexcept
        : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0))
    {
    }
    Mapping& operator=(Mapping&& other) noexcept
    {
        std::swap(base_, other.base_);
        std::swap(size_, other.size_);
        return *this;
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping()
    {
        if (base_)
            ::munmap(base_, length(size_));
    }

    // fd: a map with `size` elements. what: its name, for the error message. touch: Some if only a few of
    // many elements will be used, so that the others are not looked for in vain.
    [[nodiscard]] static Result<Mapping> open(int fd, std::uint32_t size, std::string_view what,
                                              Access access = Access::Write, Touch touch = Touch::All)
    {
        const int protection = access == Access::Read ? PROT_READ : PROT_READ | PROT_WRITE;
        const int populate = touch == Touch::All ? MAP_POPULATE : 0;
        void* base = ::mmap(nullptr, length(size), protection, MAP_SHARED | populate, fd, 0);
        if (base == MAP_FAILED)
            return fail_kernel(errno, "cannot map the BPF map {} ({} bytes) into memory", what, length(size));
        Mapping mapping;
        mapping.base_ = static_cast<std::byte*>(base);
        mapping.size_ = size;
        return mapping;
    }

    [[nodiscard]] std::uint32_t size() const { return size_; }

    [[nodiscard]] T& operator[](std::uint32_t index) const
    {
        assert(index < size_);
        return *reinterpret_cast<T*>(base_ + index * kStride);
    }

    [[nodiscard]] std::span<T> all() const requires(kStride == sizeof(T))
    {
        return {reinterpret_cast<T*>(base_), size_};
    }

    // Copies values to the elements from `first` on.
    void write(std::uint32_t first, std::span<const T> values) const
    {
        assert(first <= size_ && values.size() <= size_ - first);
        if constexpr (kStride == sizeof(T)) {
            if (!values.empty())
                std::memcpy(base_ + first * kStride, values.data(), values.size_bytes());
        } else {
            for (const T& value : values)
                (*this)[first++] = value;
        }
    }

private:
    static std::size_t length(std::uint32_t size)
    {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        return (size * kStride + page - 1) / page * page;
    }

    std::byte* base_ = nullptr;
    std::uint32_t size_ = 0;
};

} // namespace interdict::plane
