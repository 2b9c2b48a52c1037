#include "frontend/tensor_places.h"

#include <limits>

#include "ir/error.h"

namespace gatefold {

void require_writable(const TensorPlaces& places, std::span<const std::string> names) {
  for (const std::string& name : names) {
    if (places.numbers.contains(name)) continue;
    fail("'{}' is no tensor of the model's file, so it cannot be written back; freeze it", name);
  }
  if (places.bytes <= static_cast<std::uint64_t>(std::numeric_limits<int>::max())) return;
  fail(
      "the trained model would have {} bytes in one file, but protobuf holds at most 2 GiB; it "
      "could not be written",
      places.bytes);
}

}  // namespace gatefold
