#include "tools/resident_memory.h"

#include <fstream>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace gatefold::tools {

// The peak of getrusage would be that of the process that started this one, if that was larger.
ResidentMemory read_resident_memory() {
  ResidentMemory memory;
  std::ifstream status("/proc/self/status");
  for (std::string field; status >> field;) {
    double* const target = field == "VmRSS:"   ? &memory.now
                           : field == "VmHWM:" ? &memory.peak
                                               : nullptr;
    double kibibytes = 0;
    if (target != nullptr && status >> kibibytes) *target = kibibytes / 1024;
  }
  return memory;
}

void return_freed_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace gatefold::tools
