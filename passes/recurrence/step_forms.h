#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "ir/ops/recurrent_activation.h"
#include "passes/rewriting/element_part.h"

/// What a step of a recurrence computes for one unit, recognised by its values: expressions are
/// evaluated and compared with the formulas of LSTM, GRU and RNN. Numbers of expressions that a
/// step lacks are ElementFunction::kNone.
namespace gatefold {

/// activation(scale * sum + peephole_scale * peephole * c); the output gate of an LSTM reads c'
/// instead of c.
struct GateRole {
  Activation activation = {};
  ElementFunction::Id sum = ElementFunction::kNone;       ///< An argument, kSum.
  ElementFunction::Id peephole = ElementFunction::kNone;  ///< An argument, kVector.
  double scale = 1;
  double peephole_scale = 0;

  template <typename Visit>
  void visit_ids(Visit visit) {
    visit(sum);
    visit(peephole);
  }
};

/// c' = forget * c + input * candidate, h' = output * squash(c'). The gates but `candidate` have
/// one activation.
struct LstmRoles {
  ElementFunction::Id next_cell = ElementFunction::kNone;  ///< c', one of the candidates given.
  ElementFunction::Id cell = ElementFunction::kNone;       ///< c, kState.
  GateRole input = {}, candidate = {}, output = {};
  std::optional<GateRole> forget = {};  ///< Vanishes with c.
  Activation squash = {};
  std::optional<float> clip = {};  ///< Bound on the argument of every activation.

  template <typename Visit>
  void visit_ids(Visit visit) {
    visit(next_cell);
    visit(cell);
    for (GateRole* gate : {&input, &candidate, &output}) gate->visit_ids(visit);
    if (forget) forget->visit_ids(visit);
  }
};

/// h' = update * h + (1 - update) * candidate. Where the reset comes after the product, the
/// argument of `candidate` is scale * sum + state_scale * reset * state_sum; where it comes before
/// it, the operands of candidate.sum have it.
struct GruRoles {
  ElementFunction::Id hidden = ElementFunction::kNone;     ///< h, kState.
  ElementFunction::Id state_sum = ElementFunction::kNone;  ///< An argument, kSum or kVector.
  GateRole update = {}, candidate = {};
  std::optional<GateRole> reset = {};  ///< Has the activation of `update`.
  double state_scale = 1;
  std::optional<float> clip = {};

  template <typename Visit>
  void visit_ids(Visit visit) {
    visit(hidden);
    visit(state_sum);
    for (GateRole* gate : {&update, &candidate}) gate->visit_ids(visit);
    if (reset) reset->visit_ids(visit);
  }
};

/// h' = gate
struct RnnRoles {
  GateRole gate = {};
  std::optional<float> clip = {};

  template <typename Visit>
  void visit_ids(Visit visit) {
    gate.visit_ids(visit);
  }
};

/// reset * h, where the reset comes before the product.
struct ResetRoles {
  GateRole reset = {};
  ElementFunction::Id hidden = ElementFunction::kNone;  ///< h, kState.
  std::optional<float> clip = {};

  template <typename Visit>
  void visit_ids(Visit visit) {
    visit(hidden);
    reset.visit_ids(visit);
  }
};

/// Receives which sum, formula or point disagreed, with the values; may be empty.
using Why = std::function<void(const std::string& reason)>;

/// Finds the roles of expressions. Steps that are equal but for their arguments are evaluated once.
class StepForms {
 public:
  using Id = ElementFunction::Id;
  /// In training the gradients by all arguments must be those of the formula, too.
  explicit StepForms(bool training) : training_(training) {}

  /// Returns the roles, of one of the kinds above, of what makes the first root: h', or the product
  /// with the reset gate. Behind h' of an LSTM stand the expressions that may be c', the likeliest
  /// first.
  template <typename Roles>
  std::optional<Roles> match(const ElementFunction& function, const std::vector<Id>& roots,
                             const Why& why);

 private:
  template <typename Roles>
  struct Answer {
    std::optional<Roles> roles;
    std::string reason;
  };
  template <typename Roles>
  using Memo = ElementMemo<Answer<Roles>>;

  bool training_;
  std::tuple<Memo<LstmRoles>, Memo<GruRoles>, Memo<RnnRoles>, Memo<ResetRoles>> memos_;
};

}  // namespace gatefold
