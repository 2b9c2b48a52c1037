#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "passes/recurrence/linear_sum.h"
#include "passes/recurrence/row_walk.h"
#include "passes/recurrence/step_forms.h"
#include "passes/rewriting/element_function.h"

namespace gatefold {

/// Reads what a graph computes of rows and units, [N, H], as element functions: every value is
/// looked at once for each view that is asked for, however many steps read it.
///
/// Products with weights, and what is added to them, become arguments of the function (kSum); a
/// value that is neither computed element by element nor linear is an argument as well (kState),
/// and so are weights (kVector), unless they are constants that hold a single number.
class UnitReader {
 public:
  using Id = ElementFunction::Id;

  explicit UnitReader(const PassContext& context) : context_(context) {}

  /// Returns the view [N, H] of a value [H], [N, H], [1, N, H] or [N, 1, H]; nothing for others.
  static std::optional<View> rows_of(Value& value);

  /// Returns the expression of the elements that a view [N, H] of any value has.
  Id read(const View& view);
  const ElementFunction& function() const { return function_; }

  /// Returns the sum that an argument is, also of a row that is added as it is; nullptr for others.
  const LinearSum* sum_of(Id argument) const;
  /// Returns what a gate's activation is taken of, without its peephole; empty where that is no
  /// sum.
  LinearSum sum_of(const GateRole& role) const;
  /// Returns the view [rows, H] of a value that an argument is, also of weights that are the same
  /// in all rows; nothing for others.
  std::optional<View> state_of(Id argument, const Dim& rows) const;
  /// Returns the weights that an argument is; nullptr for others.
  const View* vector_of(Id argument) const;

  /// Makes sums take these values as they are, as a residual connection does: what is multiplied
  /// with weights is no partial sum.
  void set_operands(std::unordered_set<const Value*> values) { operands_ = std::move(values); }

  /// Makes the value an argument from now on: the result of another step.
  void close(Value& value);
  bool is_closed(const Value& value) const { return closed_.contains(&value); }
  /// Reads everything anew: what was read before values were closed.
  void forget() { readings_.clear(); }

 private:
  /// sum + sum of factor * expression
  struct Reading {
    LinearSum sum = {};
    std::vector<std::pair<double, Id>> rest = {};
  };
  /// A value that is read as it is.
  struct Leaf {
    std::optional<View> whole = {};   ///< A value [N, H] that holds just its elements.
    bool is_row = false;              ///< Its elements stand in a row [N, C]: a sum of its own.
    std::optional<View> vector = {};  ///< Weights that are the same in all rows.
  };
  struct ViewHash {
    std::size_t operator()(const View& view) const;
  };

  const Reading& reading_of(const View& view);
  Reading compute(const View& view);
  std::optional<Reading> read_remainder(const View& view, const Node& node);
  Reading read_weights(const View& view);
  Reading read_leaf(const RowWalk& walk);
  std::optional<Reading> read_linear(const View& view, const Node& node);
  std::optional<Reading> read_factor(const View& view, const Node& node);
  std::optional<Reading> read_product(const View& view, const Node& node);
  std::optional<Reading> read_element(const View& view, const Node& node);
  std::vector<Reading> read_operands(const View& view, const Node& node);
  bool add_terms(LinearSum& sum, const View& rows, const View& weight, double scale) const;
  std::vector<Reading> read_entries(const View& view, const Node& node);
  bool is_expression(const Reading& reading) const;
  bool is_expanded_state(const RowWalk& path, const View& view) const;
  Id id_of(const Reading& reading);
  Id argument_of(const LinearSum& sum);

  const PassContext& context_;
  ElementFunction function_;
  std::unordered_set<const Value*> closed_;
  std::unordered_set<const Value*> operands_;
  std::unordered_map<View, Reading, ViewHash> readings_;
  std::unordered_map<Id, LinearSum> sums_;
  std::unordered_map<Id, Leaf> leaves_;
  std::unordered_map<Id, View> vectors_;
  std::unordered_multimap<std::size_t, Id> sums_by_hash_;
  std::unordered_map<View, Id, ViewHash> arguments_;
  int depth_ = 0;
};

}  // namespace gatefold
