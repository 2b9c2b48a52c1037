#pragma once

#include <optional>
#include <unordered_map>

#include "passes/loops/loop_index.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {

/// What the iterations of a loop make of one value of its body, as one value [T, ...] outside.
struct Rows {
  Value* value = nullptr;
  bool backwards = false;  ///< The row of the first iteration is the last one.
};

/// Computes values of a loop's body for all iterations at once: rows of sequences, steps of
/// recurrent nodes with the states that the loop carries for them, and what is made of rows one by
/// one. New nodes stand before the loop.
class LoopRows {
 public:
  LoopRows(Rewriter& rewriter, const LoopView& loop) : rewriter_(rewriter), loop_(loop) {}

  /// The rows of a value; nothing, with the reason explained, when they cannot be computed apart
  /// from the loop.
  std::optional<Rows> rows_of(Value* value);
  /// What carried value `index` is in the end, with the rank that it has in the loop; nothing when
  /// it is no state of a recurrent node.
  std::optional<Value*> final_state(std::size_t index);
  /// The rows in the order of the iterations, or in the opposite one.
  Value* in_order(const Rows& rows, bool reversed = false);
  /// Whether the iterations take the indices below the extent in order (false) or from the last one
  /// down (true), each once; nothing when they do neither.
  std::optional<bool> counts_backwards(const Value& index, const Dim& extent);
  /// The rows with time moved from the front to `axis`.
  Value* with_time_at(Value* rows, std::int64_t axis);

 private:
  /// One step of a recurrent node in the body.
  struct Step {
    Node* node = nullptr;  ///< Over all iterations.
    bool backwards = false;
    std::size_t hidden = 0;             ///< Which carried value is h.
    std::optional<std::size_t> memory;  ///< Which is c.
  };

  /// The rows of a sequence that the iterations read one by one.
  struct Course {
    bool backwards = false;                 ///< From row `last` - 1 down to row `first`.
    std::int64_t first = 0;                 ///< Of the rows; counted from the front.
    std::optional<std::int64_t> last = {};  ///< One behind them; nothing for all to the end.
  };

  std::optional<Rows> compute(Value& value);
  std::optional<Rows> read_scanned(const Value& row);
  std::optional<Rows> read_gathered(const Node& gather);
  std::optional<Rows> read_sliced(const Node& slice);
  std::optional<Course> course_of(const Value& index, const Dim& extent);
  Rows read_course(Value* sequence, std::int64_t axis, const Course& course);
  std::optional<Rows> map_node(const Node& node, std::size_t output);
  std::optional<Rows> map_gemm(const Node& node);
  std::optional<Rows> map_matmul(const Node& node);
  std::optional<Rows> map_concat(const Node& node);
  std::optional<Rows> map_rank_change(const Node& node);
  std::optional<Rows> map_elements(const Node& node);
  std::optional<Rows> map_row_function(const Node& node);
  const Step* step_of(const Node& node);
  std::optional<Step> build_step(const Node& node);
  Node* add_step(const Node& node, const Step& step, const Rows& input);
  std::optional<Rows> step_input(Value& x);
  std::optional<std::size_t> find_carried(const Node& step, std::size_t port);
  Value* build_state(Value* initial);
  Value* outside(Value* value);
  bool is_outside(const Value* value) const;
  std::optional<IndexForm> trips_for(const Dim& extent) const;
  Value* time_first(Value* value, std::int64_t axis);
  Value* ints(const std::vector<std::int64_t>& values) { return rewriter_.add_ints(values); }

  Rewriter& rewriter_;
  const LoopView& loop_;
  std::unordered_map<const Value*, std::optional<Rows>> known_;
  std::unordered_map<const Node*, std::optional<Step>> steps_;
};

}  // namespace gatefold
