#pragma once

#include <cstdint>
#include <functional>

#include "backend/kernel.h"
#include "backend/simd/team.h"

namespace gatefold::native {

/// Told that elements [begin, end) of output 0 have been written, by the given thread of those that
/// a kernel was made for.
using PartDone = std::function<void(std::int64_t begin, std::int64_t end, int thread)>;

/// A kernel that tells of parts of its output while they lie in the cache: of every element once.
class PartwiseKernel : public Kernel {
 public:
  void run(const Buffers& buffers) final {
    run_parts(buffers, [](std::int64_t /*begin*/, std::int64_t /*end*/, int /*thread*/) {});
  }
  virtual void run_parts(const Buffers& buffers, const PartDone& done) = 0;
};

/// Tells of the same columns of some rows of `width` elements: at once where these are whole rows.
inline void tell_rows(const PartDone& done, Range rows, std::int64_t width, Range columns,
                      int thread) {
  if (columns.count() == width) return done(rows.begin * width, rows.end * width, thread);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    done(row * width + columns.begin, row * width + columns.end, thread);
  }
}

}  // namespace gatefold::native
