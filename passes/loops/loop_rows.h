#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "passes/rewriting/counts.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {

/// Returns `view` with the rows [T, ..] that are made of its source, or of the last axes of that,
/// in place of it; nothing where they are no view together.
std::optional<View> put_in(const View& rows, const View& view);

/// What the iterations make of a value, as one value [T, ..] outside of the loop.
struct Rows {
  Value* value = nullptr;
  bool backwards = false;  ///< The row of the first iteration is the last one.

  /// In the order of the iterations.
  View in_order() const;
};

/// Computes values of a loop's body for all iterations at once: what the iterations read of
/// sequences, steps of recurrent nodes with the states that the loop carries for them, and what is
/// computed row by row from these. New nodes stand before the loop.
class LoopRows {
 public:
  LoopRows(Rewriter& rewriter, const LoopView& loop);

  /// Returns the elements of a value of the body as a view [T, ..] of it, with axes of extent 1
  /// behind the first for a rank that is larger than its own.
  View in_time(Value& value, std::int64_t rank) const;
  View in_time(Value& value) const { return in_time(value, value.type().rank()); }
  /// Returns the same elements as a view of a value outside of the loop, which is computed where
  /// need be; nothing, with the reason explained, where that cannot be done.
  std::optional<View> outside(View view);
  /// Returns the final value of carried value `index`; nullptr when it is no state of a recurrent
  /// node.
  Value* final_value(std::size_t index);

  CountReader& counts() { return counts_; }

 private:
  /// Where a state of a step is found in what the loop carries: a view [T, 1, N, H].
  struct State {
    std::size_t number = 0;
    View view;
  };
  /// A step of a recurrent node in the body.
  struct Step {
    Node* node = nullptr;  ///< Over all iterations.
    bool backwards = false;
    std::vector<State> states = {};  ///< h and c.
    std::optional<Count> left = {};  ///< Is positive while a sequence goes on; nothing: all do.
  };
  /// What a step makes while a sequence goes on, and something else behind its end.
  struct Masked {
    const Step* step = nullptr;
    View rows;             ///< [T, 1, N, H], of all iterations.
    View other;            ///< In the body.
    std::size_t port = 0;  ///< Of what the step makes, in the Where that chooses.
  };

  std::optional<View> behind(const View& view);
  std::optional<View> read_input(const View& view);
  std::optional<View> read_gathered(const View& view, const Node& gather);
  const std::optional<View>& rows_made(Value& value);
  std::optional<View> make_rows(Value& value);
  std::optional<View> make_masked_rows(Value& value);
  std::optional<Rows> rows_of(const View& view, std::optional<bool> backwards = {});
  std::optional<Rows> map_node(const Node& node);

  const Step* step_of(const Node& node);
  std::optional<Step> build_step(const Node& node);
  Node* add_step(const Node& node, const Step& step, Value* rows);
  std::optional<State> find_state(const Node& node, std::size_t port) const;
  bool goes_on(const State& state, const Node& node, std::size_t port, Step& step);
  std::optional<View> choose_made(const View& next, const State& state, std::optional<Count>& left);
  View made_of(const State& state) const;
  std::optional<Masked> read_masked(const View& view);
  Value* final_of(View view, std::size_t index, std::vector<const Value*>& seen);
  bool is_outside(const Value& value) const;

  Rewriter& rewriter_;
  const LoopView& loop_;
  CountReader counts_;
  Dim time_;                  // The number of iterations, as far as it is known.
  Value* numbers_ = nullptr;  // Of the iterations, outside.
  std::unordered_map<const Value*, std::optional<View>> made_;
  std::unordered_map<const Node*, std::optional<Step>> steps_;
};

}  // namespace gatefold
