#include "passes/recurrence/step_forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>

#include "passes/rewriting/activation_form.h"

namespace gatefold {
namespace {

using Id = ElementFunction::Id;
using Kind = ElementFunction::ArgumentKind;
using Operator = ElementFunction::Operator;
using Point = ElementValues::Point;

constexpr Id kNone = ElementFunction::kNone;

/// activation (argument): the value of an expression, or 1 minus that.
struct Gate {
  Id id;
  ElementForm argument;
  ActivationForm activation;
  bool is_opposite = false;

  double at(const Point& point) const {
    return is_opposite ? 1 - point[id].value : point[id].value;
  }
};
using Gates = std::vector<const Gate*>;

/// Finds the roles in one step: tries all assignments of its activations to those of a formula.
class StepReader {
 public:
  /// Adds formulas to the function.
  StepReader(ElementFunction& function, bool training)
      : function_(function), values_(function), training_(training) {}

  bool read(LstmRoles& roles, const std::vector<Id>& roots);
  bool read(GruRoles& roles, const std::vector<Id>& roots);
  bool read(RnnRoles& roles, const std::vector<Id>& roots);
  bool read(ResetRoles& roles, const std::vector<Id>& roots);
  const std::string& reason() const { return reason_; }

 private:
  bool reads(const ElementForm& form, Kind kind) const;
  bool prepare(Id next_cell);
  bool read_next_cell(LstmRoles& roles, Id next_hidden, const Gate& output, const Gate& squash);
  bool finish(LstmRoles& roles, Id next_hidden, const Gates& gates);
  bool finish(GruRoles& roles, Id next_hidden, const Gate& update, const Gate& candidate);
  const Gate* read_reset_after(GruRoles& roles, Id product);
  bool set_role(GateRole& role, const Gate& gate, Id state);
  bool share_activation(const Gates& gates);
  bool share_clip(const Gates& gates, std::optional<float>& clip);
  Scalar formula_of(const Gate& gate);
  bool agrees(std::string_view name, Id value, Scalar formula);
  bool refuse(std::string reason);
  bool refuse_values(std::string_view formula, Id value);

  ElementFunction& function_;
  ElementValues values_;
  bool training_;
  std::vector<ElementForm> forms_;
  std::vector<Gate> gates_;     // Activations of sums,
  std::vector<Gate> squashes_;  // and of the next cell state.
  std::vector<Id> states_;      // kNone at last.
  std::optional<double> clip_;
  std::string reason_;
};

// With the parameters that it takes: "HardSigmoid (0.2, 0.5)".
std::string name_of(const Activation& activation) {
  const ActivationDef& def = *activation.def;
  if (!def.alpha) return std::string(def.name);
  return def.beta ? fmt::format("{} ({}, {})", def.name, activation.alpha, activation.beta)
                  : fmt::format("{} ({})", def.name, activation.alpha);
}

bool StepReader::refuse(std::string reason) {
  reason_ = std::move(reason);
  return false;
}

// What no assignment of gates made fit, unless one failed later on.
bool StepReader::refuse_values(std::string_view formula, Id value) {
  if (!reason_.empty()) return false;
  const Point& point = values_.points()[1];
  return refuse(fmt::format("no gates make it {}, which is {} at {}", formula, point[value].value,
                            values_.describe(point)));
}

bool StepReader::reads(const ElementForm& form, Kind kind) const {
  return std::any_of(form.terms.begin(), form.terms.end(),
                     [&](const auto& term) { return function_.is_argument(term.first, kind); });
}

bool StepReader::prepare(Id next_cell) {
  if (auto fault = values_.update()) return refuse(std::move(*fault));
  forms_ = forms_of(function_, next_cell);
  gates_ = squashes_ = {};
  states_ = {};
  for (Id id = 0; id < function_.size(); ++id) {
    const ElementForm& form = forms_[static_cast<std::size_t>(id)];
    const bool is_vector = function_.is_argument(id, Kind::kVector);  // As a learned state is.
    if (is_vector || function_.is_argument(id, Kind::kState)) states_.push_back(id);
    const bool is_squash = form.terms.size() == 1 && form.terms.begin()->first == next_cell;
    // Rows that were multiplied before are read as they are, like a state.
    const bool is_gate = reads(form, Kind::kSum);
    if (!is_squash && !is_gate && !reads(form, Kind::kState)) continue;
    const auto activation = find_activation(function_, values_, id, form, is_squash);
    const bool is_plain = activation && activation->def->kind == ActivationKind::kAffine;
    if (!activation || (is_plain && !is_squash && !is_gate)) continue;
    (is_squash ? squashes_ : gates_).push_back({id, form, *activation});
  }
  states_.push_back(kNone);
  for (std::size_t k = 0, count = gates_.size(); k < count; ++k) {
    if (gates_[k].activation.def->kind == ActivationKind::kAffine) continue;
    gates_.push_back(gates_[k]);
    gates_.back().activation.scale *= -1;
    gates_.back().is_opposite = true;
  }
  return true;
}

Scalar StepReader::formula_of(const Gate& gate) {
  ActivationForm activation = gate.activation;
  activation.clip = clip_;
  Scalar sum(function_, function_.add_number(0));
  for (const auto& [id, coefficient] : gate.argument.terms) {
    sum = sum + coefficient * Scalar(function_, id);
  }
  return activation(sum);
}

bool StepReader::agrees(std::string_view name, Id value, Scalar formula) {
  auto fault = values_.update();
  if (!fault) fault = values_.difference(value, formula.id(), training_);
  return !fault || refuse(fmt::format("{}: {}", name, *fault));
}

bool StepReader::share_activation(const Gates& gates) {
  const Activation first = gates.front()->activation.activation();
  for (const Gate* gate : gates) {
    const Activation other = gate->activation.activation();
    if (first == other) continue;
    return refuse(fmt::format("one gate goes through {}, another through {}", name_of(first),
                              name_of(other)));
  }
  return true;
}

// One bound for all; it may lack where an activation does not change beyond it.
bool StepReader::share_clip(const Gates& gates, std::optional<float>& clip) {
  clip_.reset();
  for (const Gate* gate : gates) {
    const auto& other = gate->activation.clip;
    if (clip_ && other && clip_ != other) {
      return refuse(fmt::format("one sum is clipped at {}, another at {}", *clip_, *other));
    }
    if (other) clip_ = other;
  }
  clip.reset();
  if (clip_) clip = static_cast<float>(*clip_);
  return true;
}

// A sum, and the product of a vector with `state` as peephole.
bool StepReader::set_role(GateRole& role, const Gate& gate, Id state) {
  role = {.activation = gate.activation.activation()};
  for (const auto& [id, coefficient] : gate.argument.terms) {
    const auto& [op, operands, number] = function_[id];
    const std::size_t vector = operands[0] == state ? 1 : 0;
    const bool is_sum =
        function_.is_argument(id, Kind::kSum) || function_.is_argument(id, Kind::kState);
    if (is_sum && role.sum == kNone) {
      role.sum = id;
      role.scale = gate.activation.scale * coefficient;
    } else if (op == Operator::kMul && operands[1 - vector] == state && role.peephole == kNone &&
               function_.is_argument(operands[vector], Kind::kVector)) {
      role.peephole = operands[vector];
      role.peephole_scale = gate.activation.scale * coefficient;
    } else {
      return refuse("an activation is taken of more than a sum and a peephole of its cell state");
    }
  }
  return true;
}

// h' = o squash(c'), for any of the candidates for c'
bool StepReader::read(LstmRoles& roles, const std::vector<Id>& roots) {
  for (std::size_t k = 1; k < roots.size(); ++k) {
    roles.next_cell = roots[k];
    if (!prepare(roles.next_cell)) return false;
    for (const Gate& squash : squashes_) {
      for (const Gate& output : gates_) {
        const auto product = [&](const Point& p) { return output.at(p) * squash.at(p); };
        if (!values_.may_equal(roots[0], product)) continue;
        if (read_next_cell(roles, roots[0], output, squash)) return true;
        refuse_values("f * c + i * g", roles.next_cell);
      }
    }
  }
  return refuse_values("o * activation(c')", roots[0]);
}

// c' = f c + i g, or without the term of c
bool StepReader::read_next_cell(LstmRoles& roles, Id next_hidden, const Gate& output,
                                const Gate& squash) {
  for (const Id cell : states_) {
    roles.cell = cell;
    for (const Gate& input : gates_) {
      for (const Gate& candidate : gates_) {
        Gates gates{&input, &candidate, &output, &squash};
        const auto update = [&](const Point& p) { return input.at(p) * candidate.at(p); };
        const bool is_whole = cell == kNone && values_.may_equal(roles.next_cell, update);
        if (is_whole && finish(roles, next_hidden, gates)) return true;
        for (const Gate& forget : gates_) {
          const auto sum = [&](const Point& p) { return forget.at(p) * p[cell].value + update(p); };
          if (cell == kNone || !values_.may_equal(roles.next_cell, sum)) continue;
          gates.push_back(&forget);
          if (finish(roles, next_hidden, gates)) return true;
          gates.pop_back();
        }
      }
    }
  }
  return false;
}

// `gates` are i, g, o, squash and, where there is one, f.
bool StepReader::finish(LstmRoles& roles, Id next_hidden, const Gates& gates) {
  const bool has_forget = gates.size() > 4;
  roles.forget.reset();
  Gates sharing{gates[0], gates[2]};
  if (has_forget) sharing.push_back(gates[4]);
  const bool fits = share_activation(sharing) && share_clip(gates, roles.clip) &&
                    set_role(roles.input, *gates[0], roles.cell) &&
                    set_role(roles.candidate, *gates[1], kNone) &&
                    set_role(roles.output, *gates[2], roles.next_cell) &&
                    (!has_forget || set_role(roles.forget.emplace(), *gates[4], roles.cell));
  if (!fits) return false;
  roles.squash = gates[3]->activation.activation();
  Scalar cell = formula_of(*gates[0]) * formula_of(*gates[1]);
  if (has_forget) cell = formula_of(*gates[4]) * Scalar(function_, roles.cell) + cell;
  return agrees("the cell state of an LSTM", roles.next_cell, cell) &&
         agrees("the hidden state of an LSTM", next_hidden,
                formula_of(*gates[2]) * formula_of(*gates[3]));
}

// h' = z h + (1 - z) n, or without the term of h
bool StepReader::read(GruRoles& roles, const std::vector<Id>& roots) {
  if (!prepare(kNone)) return false;
  for (const Id hidden : states_) {
    for (const Gate& update : gates_) {
      for (const Gate& candidate : gates_) {
        const auto blend = [&](const Point& p) {
          const double z = update.at(p);
          return (hidden == kNone ? 0 : z * p[hidden].value) + (1 - z) * candidate.at(p);
        };
        roles.hidden = hidden;
        if (values_.may_equal(roots[0], blend) && finish(roles, roots[0], update, candidate))
          return true;
      }
    }
  }
  return refuse_values("z * h + (1 - z) * n", roots[0]);
}

bool StepReader::finish(GruRoles& roles, Id next_hidden, const Gate& update,
                        const Gate& candidate) {
  Gate input_part = candidate;
  Gates sharing{&update};
  roles.reset.reset();
  for (const auto& [id, coefficient] : candidate.argument.terms) {
    if (function_.is_argument(id)) continue;
    input_part.argument.terms.erase(id);
    const Gate* reset = read_reset_after(roles, id);
    if (reset == nullptr) return false;
    roles.state_scale *= candidate.activation.scale * coefficient;
    sharing.push_back(reset);
  }
  Gates all = sharing;
  all.push_back(&candidate);
  const bool fits = share_activation(sharing) && share_clip(all, roles.clip) &&
                    set_role(roles.update, update, kNone) &&
                    set_role(roles.candidate, input_part, kNone) &&
                    (!roles.reset || set_role(*roles.reset, *sharing.back(), kNone));
  if (!fits) return false;
  const Scalar z = formula_of(update);
  Scalar hidden = (1.0 - z) * formula_of(candidate);
  if (roles.hidden != kNone) hidden = z * Scalar(function_, roles.hidden) + hidden;
  return agrees("the hidden state of a GRU", next_hidden, hidden);
}

// The term r * (h R + b), or a number times r where nothing is left of h; gives the reset gate.
const Gate* StepReader::read_reset_after(GruRoles& roles, Id product) {
  const auto is_gate = [&](Id id) {
    const auto has_id = [&](const Gate& gate) { return gate.id == id; };
    return std::any_of(gates_.begin(), gates_.end(), has_id);
  };
  double factor = 1;
  while (function_[product].op == Operator::kMul) {
    const auto& operands = function_[product].operands;
    const std::size_t side = function_.number_of(operands[0]) ? 0 : 1;
    const auto number = function_.number_of(operands[side]);
    if (!number || is_gate(operands[1 - side])) break;
    factor *= *number;
    product = operands[1 - side];
  }
  const auto& [op, operands, unused] = function_[product];
  for (const Gate& gate : gates_) {
    const bool is_second = operands[1] == gate.id;
    const bool is_factor = op == Operator::kMul && (is_second || operands[0] == gate.id);
    if (!is_factor || roles.reset || gate.is_opposite) continue;
    const Id other = operands[is_second ? 0 : 1];
    if (const auto number = function_.number_of(other)) {
      roles.reset.emplace();
      roles.state_scale = factor * *number;
      return &gate;
    }
    const ElementForm& sum = forms_[static_cast<std::size_t>(other)];
    if (!sum.is_sum || sum.terms.size() != 1 || sum.constant != 0) continue;
    if (!function_.is_argument(sum.terms.begin()->first)) continue;
    roles.reset.emplace();
    std::tie(roles.state_sum, roles.state_scale) = *sum.terms.begin();
    roles.state_scale *= factor;
    return &gate;
  }
  refuse("the candidate state is an activation of more than x W + r * (h R + b)");
  return nullptr;
}

bool StepReader::read(RnnRoles& roles, const std::vector<Id>& roots) {
  if (!prepare(kNone)) return false;
  for (const Gate& gate : gates_) {
    if (gate.id != roots[0] || gate.is_opposite || !reads(gate.argument, Kind::kSum)) continue;
    return share_clip({&gate}, roles.clip) && set_role(roles.gate, gate, kNone) &&
           agrees("the hidden state of an RNN", roots[0], formula_of(gate));
  }
  return refuse_values("an activation of one sum", roots[0]);
}

bool StepReader::read(ResetRoles& roles, const std::vector<Id>& roots) {
  if (!prepare(kNone)) return false;
  for (const Id hidden : states_) {
    for (const Gate& gate : gates_) {
      const auto product = [&](const Point& p) { return gate.at(p) * p[hidden].value; };
      if (hidden == kNone || !values_.may_equal(roots[0], product)) continue;
      roles.hidden = hidden;
      const bool fits =
          share_clip({&gate}, roles.clip) && set_role(roles.reset, gate, kNone) &&
          agrees("the reset state", roots[0], formula_of(gate) * Scalar(function_, hidden));
      if (fits) return true;
    }
  }
  return refuse_values("r * h", roots[0]);
}

}  // namespace

template <typename Roles>
std::optional<Roles> StepForms::match(const ElementFunction& function, const std::vector<Id>& roots,
                                      const Why& why) {
  auto& memo = std::get<Memo<Roles>>(memos_);
  const Answer<Roles>* answer =
      memo.find(function, roots, [&](ElementFunction& part, const std::vector<Id>& own_roots) {
        StepReader reader(part, training_);
        Roles roles;
        const bool is_found = reader.read(roles, own_roots);
        return Answer<Roles>{is_found ? std::optional(roles) : std::nullopt, reader.reason()};
      });
  if (answer == nullptr || !answer->roles) {
    if (why)
      why(answer == nullptr ? "it is made of more sums or operators than a step is"
                            : answer->reason);
    return std::nullopt;
  }
  Roles roles = *answer->roles;
  roles.visit_ids([&](Id& id) { id = memo.source_of(id); });
  return roles;
}

template std::optional<LstmRoles> StepForms::match(const ElementFunction& function,
                                                   const std::vector<Id>& roots, const Why& why);
template std::optional<GruRoles> StepForms::match(const ElementFunction& function,
                                                  const std::vector<Id>& roots, const Why& why);
template std::optional<RnnRoles> StepForms::match(const ElementFunction& function,
                                                  const std::vector<Id>& roots, const Why& why);
template std::optional<ResetRoles> StepForms::match(const ElementFunction& function,
                                                    const std::vector<Id>& roots, const Why& why);

}  // namespace gatefold
