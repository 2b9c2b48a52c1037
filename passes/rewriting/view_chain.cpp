#include "passes/rewriting/view_chain.h"

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

// Longer chains are rare, and looked through when what stands further back has become shorter.
constexpr std::size_t kMostMoves = 32;

// The final hidden state of a recurrence in one direction is the last row of its Y, or the first
// one backwards.
std::optional<View> behind_final_state(const View& view) {
  const Node* node = view.source->producer();
  if (node == nullptr || !is_recurrent(*node)) return std::nullopt;
  Value* all = node->output(recurrent_output::kY);
  const std::string& direction = node->attr_string("direction");
  const bool is_plain = view.source->output_index() == recurrent_output::kYh && all != nullptr &&
                        node->input(recurrent_input::kSequenceLens) == nullptr &&
                        direction != "bidirectional" && node->attr_int("layout") == 0;
  auto coordinates = is_plain && all->type().has_rank() ? coordinates_of(view) : std::nullopt;
  if (!coordinates) return std::nullopt;
  ViewIndex step = ViewIndex::constant(direction == "reverse" ? 0 : -1, view.rank());
  step.ends = step.offset < 0 ? 1 : 0;
  coordinates->insert(coordinates->begin(), step);
  return view_at(*all, view.extents, *coordinates);
}

}  // namespace

ViewChain chain_of(const View& view) {
  ViewChain chain{view};
  while (chain.size() < kMostMoves) {
    auto next = behind(chain.back());
    if (!next) next = behind_final_state(chain.back());
    if (!next) break;
    chain.push_back(std::move(*next));
  }
  return chain;
}

std::optional<View> joined(const ViewChain& first, const ViewChain& second, std::size_t axis) {
  for (const View& a : first) {
    for (const View& b : second) {
      if (auto both = joined(a, b, axis)) return both;
    }
  }
  return std::nullopt;
}

View with_new_axis(const View& view, std::size_t axis) {
  View result = view;
  result.extents.insert(result.extents.begin() + axis, Dim(1));
  for (ViewIndex& index : result.runs) {
    index.strides.insert(index.strides.begin() + axis, std::int64_t{0});
  }
  return result;
}

}  // namespace gatefold
