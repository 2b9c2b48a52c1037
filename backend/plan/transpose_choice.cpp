#include <fmt/format.h>
#include <fmt/ranges.h>

#include "backend/kernels.h"
#include "backend/plan/fastest.h"
#include "ir/index.h"

namespace gatefold {
namespace {

// Elements from which measuring is worth its time.
constexpr std::int64_t kMeasuredElements = 32 * 1024;

constexpr Candidate kTransposes[] = {{native::make_moves}, {onednn::make_transpose}};

}  // namespace

std::unique_ptr<Kernel> make_fastest_transpose(const KernelRequest& request) {
  const bool is_measured = request.kernels == KernelChoice::kFastest &&
                           request.dtype() == DataType::kFloat32 &&
                           element_count(request.output_dims()) >= kMeasuredElements;
  if (!is_measured) return nullptr;
  const std::string key = fmt::format(
      "Transpose {} {} {} {} threads {}", fmt::join(request.input_dims(0), ","),
      fmt::join(request.node.attr_ints("perm"), ","), fmt::join(request.strides_of_input(0), ","),
      fmt::join(request.strides_of_output(), ","), request.threads);
  return make_fastest(request, kTransposes, {request, key, 0});
}

}  // namespace gatefold
