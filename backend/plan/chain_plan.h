#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "backend/kernel.h"
#include "ir/inline_vector.h"

namespace gatefold {

/// A node on its way to becoming a step, with what its request points at.
struct StepDraft {
  StepDraft(const Node& node, InlineVector<const Type*> input_types,
            InlineVector<const Tensor*> input_constants, std::vector<Type> output_types,
            int threads, PackedWeights& packed)
      : inputs(std::move(input_types)),
        constants(std::move(input_constants)),
        outputs(std::move(output_types)),
        request{node, inputs, outputs, constants, threads, packed} {}
  StepDraft(const StepDraft&) = delete;
  StepDraft& operator=(const StepDraft&) = delete;

  InlineVector<const Type*> inputs;
  InlineVector<const Tensor*> constants;
  std::vector<Type> outputs;
  std::vector<Dims> input_strides = {};
  std::vector<Dims> output_strides = {};
  KernelRequest request;
  bool is_view = false;  ///< Needs no step, but its readers read its input.
};

/// Nodes that become one step, in order.
using StepGroup = InlineVector<const StepDraft*>;

/// Groups drafts, which are in an order to be run in, so that element-wise nodes on the same
/// extents that read one another are together. A group takes the place of its last member: whoever
/// reads from it before that ends it. A convolution that only one group reads leads that group. The
/// groups are in an order to be run in.
std::vector<StepGroup> group_chains(const std::deque<StepDraft>& drafts);

}  // namespace gatefold
