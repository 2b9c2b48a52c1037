#include "passes/recurrence/state_finder.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {
namespace {

bool has_same_weights(const RecurrentStep& other, const RecurrentStep& step, std::size_t i) {
  return other.kind == step.kind &&
         std::any_of(other.operands.begin(), other.operands.end(), [&](const auto& operand) {
           return operand.front().weight == step.operands[i].front().weight;
         });
}

// An input of the whole graph whose successor is an output, and is read as well.
bool is_exchanged(const RecurrentStep& step, const Value& state) {
  return state.kind() == Value::Kind::kInput && step.next_hidden->output_uses() > 0 &&
         !step.next_hidden->uses().empty() &&
         step.activations.front().kind() != ActivationKind::kAffine;
}

// The kinds of value that a state is: the result of another step, or an initial state.
int likeness(const Value& value) {
  const Node* producer = value.producer();
  if (producer == nullptr) return value.kind() == Value::Kind::kInput ? 2 : 3;
  if (is_recurrent(*producer)) return value.output_index() > 0 ? 4 : 1;
  return producer->op().name == "ConstantOfShape" ? 3 : 1;
}

Value* source_of(const RecurrentStep::Operand& operand) { return operand.front().operand.source; }

}  // namespace

StateFinder::StateFinder(const std::vector<RecurrentStep>& steps) {
  Node* loop = steps.empty() ? nullptr : loop_around(*steps.front().next_hidden->graph());
  if (loop != nullptr) {
    const LoopView view(*loop);
    for (std::size_t i = 0; i < view.carried_count(); ++i) {
      carried_.emplace(view.state(i), behind_hold(view.next(i)));
    }
  }
  for (const RecurrentStep& step : steps) {
    results_.emplace(step.next_hidden, &step);
    for (const auto& operand : step.operands) {
      readers_.emplace(behind_hold(source_of(operand)), &step);
    }
  }
}

std::optional<std::size_t> StateFinder::find(const RecurrentStep& step) const {
  std::optional<std::size_t> found;
  int best = 0;
  for (std::size_t i = 0; i < step.operands.size(); ++i) {
    const LinearTerm& term = step.operands[i].front();
    const bool fits = term.has_weight() && term.width().is(step.size());
    const int score = fits ? score_of(step, i) : 0;
    if (score == 0 || score < best) continue;
    best = score;
    found = i;
  }
  return found;
}

int StateFinder::score_of(const RecurrentStep& step, std::size_t operand) const {
  const Value& source = *source_of(step.operands[operand]);
  if (step.hidden) {
    const bool is_reset = step.operands[operand].back() == step.gates.back().terms.back();
    const bool is_hidden = step.operands[operand].front().operand == origin_of(*step.hidden);
    return is_reset && is_hidden ? 1 : 0;
  }
  int score = step.kind == &kRnn ? 0 : likeness(source);
  const auto carried = carried_.find(&source);
  if (carried != carried_.end() && carried->second == step.next_hidden) score += 16;
  if (follows_another(step, operand)) score += 8;
  if (is_followed(step, operand)) score += 8;
  if (step.kind == &kRnn && is_exchanged(step, source)) score += 2;
  return score;
}

// True when the operand and the cell state are the results of one step, or initial states.
bool StateFinder::follows_another(const RecurrentStep& step, std::size_t operand) const {
  const Value* source = behind_hold(source_of(step.operands[operand]));
  const auto before = results_.find(source);
  if (!step.cell) {
    return before != results_.end() && has_same_weights(*before->second, step, operand);
  }
  const Value* cell = behind_hold(origin_of(*step.cell).source);
  if (before != results_.end()) return before->second->next_cell == cell;
  return source == cell ||
         (source->producer() != nullptr && source->producer() == cell->producer());
}

// True when another step multiplies the result with the weights of the operand.
bool StateFinder::is_followed(const RecurrentStep& step, std::size_t operand) const {
  const auto [begin, end] = readers_.equal_range(step.next_hidden);
  return std::any_of(begin, end, [&](const auto& reader) {
    const RecurrentStep& next = *reader.second;
    return next.kind == step.kind &&
           std::any_of(next.operands.begin(), next.operands.end(), [&](const auto& other) {
             return behind_hold(source_of(other)) == step.next_hidden &&
                    other.front().weight == step.operands[operand].front().weight;
           });
  });
}

}  // namespace gatefold
