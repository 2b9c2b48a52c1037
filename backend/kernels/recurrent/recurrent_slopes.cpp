#include "backend/kernels/recurrent/recurrent_slopes.h"

#include <algorithm>
#include <limits>

namespace gatefold::native {

void write_slopes(const RecurrentAttrs& attrs, std::int64_t direction, std::int64_t H,
                  const float* workspace, float* values, float* slopes) {
  const float bound = attrs.clip.value_or(std::numeric_limits<float>::infinity());
  const auto apply = [&](std::size_t number, const float* sums, std::int64_t block) {
    const Activation& activation = attrs.directions[direction].activations[number];
    for (std::int64_t j = 0; j < H; ++j) {
      const float sum = std::clamp(sums[j], -bound, bound);
      values[block * H + j] = activation(sum);
      slopes[block * H + j] = sum == sums[j] ? activation.slope(sum) : 0;
    }
  };
  const std::int64_t gates = attrs.kind->gate_count();
  for (std::int64_t gate = 0; gate < gates; ++gate) {
    apply(attrs.kind->gate_activations[gate], workspace + gate * H, gate);
  }
  const float* extra = workspace + gates * H;
  std::copy(extra, workspace + attrs.kind->workspace_blocks * H, values + gates * H);
  if (attrs.kind->has_cell_state) apply(2, extra, gates + 1);
  if (!attrs.input_forget) return;
  constexpr std::int64_t kForget = kLstm.gates.find('f');
  for (std::int64_t j = 0; j < H; ++j) {
    values[kForget * H + j] = 1 - values[j];
    slopes[kForget * H + j] = 0;
  }
}

}  // namespace gatefold::native
