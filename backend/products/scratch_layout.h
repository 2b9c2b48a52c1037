#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/kernel.h"

namespace gatefold::native {

/// Hands out consecutive parts of a kernel's scratch memory, each aligned to 64 bytes.
class ScratchLayout {
 public:
  /// The offset of `count` elements.
  template <typename T>
  std::size_t add(std::int64_t count) {
    const std::size_t offset = bytes_;
    bytes_ += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return offset;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

/// The part of the scratch memory that begins at `offset`.
template <typename T>
T* at(const Buffers& buffers, std::size_t offset) {
  return reinterpret_cast<T*>(static_cast<std::byte*>(buffers.scratch) + offset);
}

}  // namespace gatefold::native
