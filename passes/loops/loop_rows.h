#pragma once

#include <optional>
#include <unordered_map>

#include "passes/loops/loop_index.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {

/// The values that the T iterations of a loop give to one value of its body, as one value [T, ...]
/// outside. A row is the value of one iteration.
struct Rows {
  Value* value = nullptr;
  bool backwards = false;  ///< The row of the first iteration is the last one.
};

/// Computes values of a loop's body for all iterations at once: the entries of a sequence that the
/// iterations read, steps of recurrent nodes with the states that the loop carries for them, and
/// whatever is computed row by row from these. New nodes stand before the loop.
class LoopRows {
 public:
  LoopRows(Rewriter& rewriter, const LoopView& loop) : rewriter_(rewriter), loop_(loop) {}

  /// Returns the rows of a value; nothing, with the reason explained, when they cannot be computed
  /// outside the loop.
  std::optional<Rows> rows_of(Value* value);
  /// Returns the final value of carried value `index`, with the rank that it has in the loop;
  /// nothing when it is not a state of a recurrent node.
  std::optional<Value*> final_state(std::size_t index);
  /// Returns the rows in the order of the iterations, or in the opposite order.
  Value* in_order(const Rows& rows, bool reversed = false);
  /// Returns whether the iterations take each index below the extent once, in order (false) or from
  /// the last one down (true); nothing when they do neither.
  std::optional<bool> counts_backwards(const Value& index, const Dim& extent);
  /// Returns the rows with time moved from axis 0 to `axis`.
  Value* with_time_at(Value* rows, std::int64_t axis);

 private:
  /// One step of a recurrent node in the body.
  struct Step {
    Node* node = nullptr;  ///< Over all iterations.
    bool backwards = false;
    std::size_t hidden = 0;             ///< Which carried value is h.
    std::optional<std::size_t> memory;  ///< Which is c.
  };

  /// The entries along one axis of a value that the iterations read one by one.
  struct Course {
    bool backwards = false;                 ///< From entry `last` - 1 down to `first`.
    std::int64_t first = 0;                 ///< First entry, counted from the front.
    std::optional<std::int64_t> last = {};  ///< One behind the last; nothing: all.
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
