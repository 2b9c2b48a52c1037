#pragma once

namespace gatefold::tools {

/// Memory of this process that is in RAM, as the system counts it, in MiB; 0 where it does not say.
/// The code of shared libraries counts as far as it has been touched.
struct ResidentMemory {
  double now = 0;
  double peak = 0;  ///< The most there was at any time.
};

ResidentMemory read_resident_memory();

/// Gives memory that has been freed back to the system, where the allocator keeps it.
void return_freed_memory();

}  // namespace gatefold::tools
