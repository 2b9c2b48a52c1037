#include "backend/recurrent_extents.h"

namespace gatefold {

RecurrentExtents recurrent_extents(const KernelRequest& request, const RecurrentAttrs& attrs) {
  RecurrentExtents extents(attrs, check_recurrent_shapes(request.node, attrs, request.inputs));
  const std::size_t time = attrs.batch_first ? 1 : 0;
  const Dims x = request.strides_of_input(recurrent_input::kX);
  extents.x = {.time = x[time], .batch = x[1 - time]};
  if (request.has_output(recurrent_output::kY)) {
    const Dims y = request.strides_of_output(recurrent_output::kY);
    extents.y = attrs.batch_first
                    ? RecurrentExtents::Strides{.time = y[1], .batch = y[0], .direction = y[2]}
                    : RecurrentExtents::Strides{.time = y[0], .batch = y[2], .direction = y[1]};
  }
  return extents;
}

}  // namespace gatefold
