#pragma once

#include <cstdint>

#include "backend/kernel.h"
#include "backend/simd/team.h"

namespace gatefold::native {

/// Told that elements [begin, end) of output 0 have been written, by the given thread of those that
/// a kernel was made for. Refers to a function, which must outlive it.
class PartDone {
 public:
  template <typename Function>
  PartDone(const Function& function)  // NOLINT(google-explicit-constructor)
      : function_(&function), call_(call<Function>) {}

  void operator()(std::int64_t begin, std::int64_t end, int thread) const {
    call_(function_, begin, end, thread);
  }

 private:
  template <typename Function>
  static void call(const void* function, std::int64_t begin, std::int64_t end, int thread) {
    (*static_cast<const Function*>(function))(begin, end, thread);
  }

  const void* function_;
  void (*call_)(const void* function, std::int64_t begin, std::int64_t end, int thread);
};

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
