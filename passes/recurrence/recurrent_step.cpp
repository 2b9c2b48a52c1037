#include "passes/recurrence/recurrent_step.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ir/op_def.h"
#include "passes/recurrence/contraction.h"
#include "passes/recurrence/state_finder.h"
#include "passes/recurrence/unit_reader.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {
namespace {

using Id = ElementFunction::Id;

// How far before h' the cell state c' may stand: o * squash (c'), where squash is spelled in parts.
constexpr int kCellLevels = 6;
constexpr std::size_t kMostCandidates = 32;

bool is_rows(const View& view, const View& like) {
  return view.extents[0] == like.extents[0] && view.extents[1] == like.extents[1];
}

// True when a product with weights, of the value or of what only moves it, is taken.
bool is_multiplied(const Value& value, int levels = 6) {
  return levels > 0 && std::any_of(value.uses().begin(), value.uses().end(), [&](const Use& use) {
           const std::string_view op = use.user->op().name;
           if (is_contraction(*use.user)) return true;
           const bool moves = is_one_of(op, {"Concat", "Expand", "Identity", "Reshape", "Squeeze",
                                             "Tile", "Transpose", "Unsqueeze"});
           return (moves || (op == "Where" && use.index == 1 && is_row_mask(use.user->input(0)))) &&
                  is_multiplied(*use.user->output(), levels - 1);
         });
}

bool is_read_by_elements(const Use& use) {
  return ElementFunction::allows(*use.user) && use.user->op().name != "Identity";
}

bool is_read_by_elements_only(const Value& value) {
  return value.output_uses() == 0 &&
         std::all_of(value.uses().begin(), value.uses().end(), is_read_by_elements);
}

/// Reads the steps of one graph.
class StepFinder {
 public:
  StepFinder(const RecurrentKind& kind, const PassContext& context)
      : kind_(kind), context_(context), reader_(context), forms_(context.training) {}

  // Results that steps of their own read element by element only may be parts of a step: those are
  // looked at when all others are known.
  std::vector<RecurrentStep> find(Graph& graph) {
    auto operands = multiplied_values(graph);
    for (const Value* operand : operands) add_extents(operand->type());
    reader_.set_operands(std::move(operands));
    std::vector<Node*> parts;
    for (const auto& node : graph.nodes()) {
      if (node->output_count() != 1 || node->output() == nullptr) continue;
      if (is_read_by_elements_only(*node->output())) {
        parts.push_back(node.get());
      } else {
        look_at(*node);
      }
    }
    reader_.forget();
    for (Node* node : uncovered(parts)) look_at(*node);
    return std::move(steps_);
  }

 private:
  void add_extents(const Type& type) {
    if (!type.has_rank()) return;
    for (const Dim& extent : *type.shape) {
      if (extent.is_known()) state_sizes_.insert(extent.size());
    }
  }

  // The nodes, in order, that not only steps read, which are known.
  std::vector<Node*> uncovered(const std::vector<Node*>& parts) const {
    std::unordered_set<const Node*> covered;
    std::vector<Node*> rest;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      const auto& uses = (*part)->output()->uses();
      const bool is_covered = std::all_of(uses.begin(), uses.end(), [&](const Use& use) {
        return covered.contains(use.user) || reader_.is_closed(*use.user->output());
      });
      if (is_covered || reader_.is_closed(*(*part)->output())) {
        covered.insert(*part);
      } else {
        rest.push_back(*part);
      }
    }
    std::reverse(rest.begin(), rest.end());
    return rest;
  }

  void look_at(Node& node) {
    Value& result = *node.output();
    const bool is_sum = producer_of(&result, "Gemm") || producer_of(&result, "ReduceSum");
    if (!is_sum && !ElementFunction::allows(node)) return;
    if (!result.type().is_tensor() || !is_float(result.type().dtype)) return;
    const auto rows = UnitReader::rows_of(result);
    if (!rows || !state_sizes_.contains(rows->extents[1].size())) return;
    if (result.depends_on_weights_only() || behind(*rows)) return;
    const Id id = reader_.read(*rows);
    if (look_for_lstm(node, *rows, id) || look_for_gru(node, id)) return;
    look_for_rnn(node, id);
  }

  Why why(const Node& node, std::string_view op) const {
    const bool may_be_state = is_multiplied(*node.output()) || node.output()->output_uses() > 0;
    if (!context_.explain || kind_.op != op || !may_be_state) return {};
    return [&node, this](const std::string& reason) {
      context_.explain(node.describe() + ": " + reason);
    };
  }

  // The values that may be c', by their expressions, nearest first; before all, those that are read
  // more than once, as what the next step goes on from is.
  std::vector<std::pair<Id, Value*>> cell_candidates(const Value& result, const View& rows) {
    std::vector<std::pair<Id, Value*>> found;
    std::vector<const Value*> level{&result};
    for (int i = 0; i < kCellLevels; ++i) {
      std::vector<const Value*> next;
      for (const Value* value : level) {
        for (Value* input : value->producer()->inputs()) {
          if (input == nullptr || input->producer() == nullptr) continue;
          if (reader_.is_closed(*input)) continue;
          if (found.size() >= kMostCandidates || input->depends_on_weights_only()) continue;
          const auto view = UnitReader::rows_of(*input);
          if (!view || !is_rows(*view, rows)) continue;
          next.push_back(input);
          found.emplace_back(reader_.read(*view), input);
        }
      }
      level = std::move(next);
    }
    std::stable_partition(found.begin(), found.end(), [](const auto& candidate) {
      return candidate.second->uses().size() + candidate.second->output_uses() > 1;
    });
    return found;
  }

  std::optional<LstmRoles> match_lstm(const std::vector<std::pair<Id, Value*>>& cells, Id id,
                                      const Why& why) {
    std::vector<Id> roots{id};
    for (const auto& [cell, value] : cells) {
      if (!reader_.function().is_argument(cell)) roots.push_back(cell);
    }
    if (roots.size() < 2) return std::nullopt;
    // Of the reasons for all candidates, the last one that is about a gate says most.
    std::string reason;
    const auto note = [&](const std::string& own) {
      if (reason.empty() || !own.starts_with("no gates")) reason = own;
    };
    auto roles = forms_.match<LstmRoles>(reader_.function(), roots, why ? Why(note) : Why());
    if (!roles && why) why(reason);
    return roles;
  }

  static Value* value_of(const std::vector<std::pair<Id, Value*>>& cells, Id id) {
    const auto found = std::find_if(cells.begin(), cells.end(),
                                    [&](const auto& cell) { return cell.first == id; });
    return found->second;
  }

  // What has the form of a step and goes on into another one is a state, though it may be no step
  // that can be built, as the first one is not that starts from zero.
  bool look_for_lstm(const Node& node, const View& rows, Id id) {
    const auto cells = cell_candidates(*node.output(), rows);
    const auto roles = match_lstm(cells, id, why(node, "LSTM"));
    if (!roles) return false;
    Value* next_cell = value_of(cells, roles->next_cell);
    // f * c of the next step looks like o * squash (c').
    const bool is_plain = roles->squash.kind() == ActivationKind::kAffine;
    const bool is_first = roles->cell == ElementFunction::kNone;
    if (is_plain && is_read_by_elements_only(*node.output())) return false;
    const bool is_added = !is_first && add_lstm(node, *roles, next_cell);
    if (!is_added && !is_multiplied(*node.output())) return false;
    reader_.close(*node.output());
    reader_.close(*next_cell);
    return true;
  }

  bool add_lstm(const Node& node, const LstmRoles& roles, Value* next_cell) {
    RecurrentStep step{.kind = &kLstm, .next_hidden = node.output(), .next_cell = next_cell};
    step.activations = {roles.input.activation, roles.candidate.activation, roles.squash};
    step.clip = roles.clip;
    const GateRole* const gates[] = {&roles.input, &roles.output, &*roles.forget, &roles.candidate};
    for (std::size_t i = 0; i < std::size(gates); ++i) {
      step.gates.push_back(reader_.sum_of(*gates[i]));
      if (gates[i]->peephole == ElementFunction::kNone) continue;
      step.peepholes[i] = {*reader_.vector_of(gates[i]->peephole), gates[i]->peephole_scale};
    }
    step.cell = state_of(roles.cell, node);
    if (!step.cell) return explain(node, kLstm, "the cell state is not the same for h's rows");
    return add(node, std::move(step));
  }

  std::optional<View> state_of(Id argument, const Node& node) const {
    return reader_.state_of(argument, UnitReader::rows_of(*node.output())->extents.front());
  }

  bool look_for_gru(const Node& node, Id id) {
    const auto roles = forms_.match<GruRoles>(reader_.function(), {id}, why(node, "GRU"));
    if (!roles) return false;
    const bool is_first = roles->hidden == ElementFunction::kNone;
    const bool is_added = !is_first && add_gru(node, *roles);
    if (!is_added && !is_multiplied(*node.output())) return false;
    reader_.close(*node.output());
    return true;
  }

  bool add_gru(const Node& node, const GruRoles& roles) {
    RecurrentStep step{.kind = &kGru, .next_hidden = node.output()};
    step.activations = {roles.update.activation, roles.candidate.activation};
    step.clip = roles.clip;
    step.hidden = state_of(roles.hidden, node);
    if (!step.hidden) return explain(node, kGru, "the state is not the same for h's rows");
    LinearSum candidate = reader_.sum_of(roles.candidate);
    std::optional<GateRole> reset = roles.reset;
    if (reset) {
      const LinearSum* state = reader_.sum_of(roles.state_sum);
      if (state == nullptr) return explain(node, kGru, "what the reset gate scales is no sum");
      const bool is_of_state =
          state->terms.size() == 1 && state->terms.front().operand == origin_of(*step.hidden);
      if (!is_of_state) {
        return explain(node, kGru, "what the reset gate scales is no product of the state alone");
      }
      step.resets_after = true;
      step.state_bias = scaled(*state, roles.state_scale);
      candidate.terms.insert(candidate.terms.end(), step.state_bias.terms.begin(),
                             step.state_bias.terms.end());
    } else {
      reset = take_reset(candidate, roles, *step.hidden, why(node, "GRU"));
    }
    if (!reset) return explain(node, kGru, "it has no reset gate");
    step.gates = {reader_.sum_of(roles.update), reader_.sum_of(*reset), std::move(candidate)};
    return add(node, std::move(step));
  }

  // Finds the operand r * h of the candidate, and puts h in its place.
  std::optional<GateRole> take_reset(LinearSum& candidate, const GruRoles& roles,
                                     const View& hidden, const Why& why) {
    for (std::size_t i = 0; i < candidate.terms.size(); ++i) {
      LinearTerm& term = candidate.terms[i];
      if (!term.has_weight() || !term.width().same_as(term.weight.extents[1])) continue;
      const Id id = reader_.read(term.rows);
      if (reader_.function().is_argument(id)) continue;
      const auto product = forms_.match<ResetRoles>(reader_.function(), {id}, why);
      if (!product || product->hidden != roles.hidden || product->clip != roles.clip) continue;
      if (!(product->reset.activation == roles.update.activation)) continue;
      term.rows = hidden;
      term.operand = origin_of(term.rows);
      std::rotate(candidate.terms.begin() + static_cast<std::ptrdiff_t>(i),
                  candidate.terms.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                  candidate.terms.end());
      return product->reset;
    }
    return std::nullopt;
  }

  void look_for_rnn(const Node& node, Id id) {
    const auto roles = forms_.match<RnnRoles>(reader_.function(), {id}, why(node, "RNN"));
    const LinearSum* sum = roles ? reader_.sum_of(roles->gate.sum) : nullptr;
    if (sum == nullptr || sum->terms.size() < 2) return;
    RecurrentStep step{.kind = &kRnn, .next_hidden = node.output()};
    step.activations = {roles->gate.activation};
    step.clip = roles->clip;
    step.gates = {reader_.sum_of(roles->gate)};
    add(node, std::move(step));
  }

  // For `return explain(...)`.
  bool explain(const Node& node, const RecurrentKind& kind, std::string_view reason) const {
    if (const Why tell = why(node, kind.op)) tell(std::string(reason));
    return false;
  }

  bool add(const Node& node, RecurrentStep step) {
    if (const auto fault = align(step)) return explain(node, *step.kind, *fault);
    steps_.push_back(std::move(step));
    return true;
  }

  // No gate multiplies for another one: all have the same operands, each as often.
  static std::optional<std::string> align(RecurrentStep& step) {
    for (const LinearTerm& term : step.gates.front().terms) step.operands.push_back({term});
    for (std::size_t gate = 1; gate < step.gates.size(); ++gate) {
      const char letter = step.kind->gates[gate];
      std::vector<LinearTerm> rest = step.gates[gate].terms;
      for (RecurrentStep::Operand& operand : step.operands) {
        const auto own = std::find_if(rest.begin(), rest.end(), [&](const LinearTerm& term) {
          return have_same_operand(term, operand.front());
        });
        if (own == rest.end()) {
          return fmt::format("gate {} does not multiply '{}', which another gate does", letter,
                             operand.front().rows.source->name());
        }
        operand.push_back(*own);
        rest.erase(own);
      }
      if (!rest.empty()) {
        return fmt::format("gate {} multiplies '{}', which another gate does not", letter,
                           rest.front().rows.source->name());
      }
    }
    if (step.operands.size() < 2) return "its gates multiply nothing beside their state";
    const auto reads_first = [&](const RecurrentStep::Operand& operand) {
      return operand.front().operand == step.operands.front().front().operand;
    };
    if (std::all_of(step.operands.begin(), step.operands.end(), reads_first)) {
      return fmt::format("its gates read nothing but '{}'",
                         step.operands.front().front().operand.source->name());
    }
    return std::nullopt;
  }

  const RecurrentKind& kind_;
  const PassContext& context_;
  UnitReader reader_;
  StepForms forms_;
  std::unordered_set<std::int64_t> state_sizes_;
  std::vector<RecurrentStep> steps_;
};

}  // namespace

std::vector<RecurrentStep> find_recurrent_steps(Graph& graph, const RecurrentKind& kind,
                                                PassContext& context) {
  if (!context.explain && context.stepless.contains(&graph)) return {};
  std::vector<RecurrentStep> steps = StepFinder(kind, context).find(graph);
  if (steps.empty()) context.stepless.insert(&graph);
  const StateFinder states(steps);
  std::vector<RecurrentStep> found;
  for (RecurrentStep& step : steps) {
    if (step.kind != &kind) continue;
    const auto state = states.find(step);
    if (state) {
      step.state = *state;
      found.push_back(step);
    } else if (context.explain) {
      context.explain(fmt::format("{}: nothing shows which of its operands is the state",
                                  step.next_hidden->producer()->describe()));
    }
  }
  return found;
}

}  // namespace gatefold
