#include "passes/recurrence/first_step.h"

#include "passes/recurrence/unit_reader.h"

namespace gatefold {
namespace {

using Id = ElementFunction::Id;

/// Reads one step of a kind.
class FirstStepReader {
 public:
  FirstStepReader(const RecurrentKind& kind, const PassContext& context)
      : kind_(kind), reader_(context), forms_(context.training) {}

  std::optional<FirstStep> read(Value& result, Value* next_cell) {
    const auto rows = UnitReader::rows_of(result);
    const auto cell = next_cell == nullptr ? std::nullopt : UnitReader::rows_of(*next_cell);
    if (!rows || (next_cell != nullptr && !cell)) return std::nullopt;
    const Id id = reader_.read(*rows);
    if (kind_.op == "LSTM") return cell ? first_lstm(id, reader_.read(*cell)) : std::nullopt;
    return kind_.op == "GRU" ? first_gru(id) : first_rnn(id);
  }

 private:
  std::optional<FirstStep> first_lstm(Id id, Id cell) {
    const auto roles = forms_.match<LstmRoles>(reader_.function(), {id, cell}, {});
    if (!roles || roles->cell != ElementFunction::kNone) return std::nullopt;
    FirstStep step{.clip = roles->clip};
    step.activations = {roles->input.activation, roles->candidate.activation, roles->squash};
    step.gates = {reader_.sum_of(roles->input), reader_.sum_of(roles->output), std::nullopt,
                  reader_.sum_of(roles->candidate)};
    if (roles->output.peephole != ElementFunction::kNone) {
      step.peephole = {*reader_.vector_of(roles->output.peephole), roles->output.peephole_scale};
    }
    return step;
  }

  std::optional<FirstStep> first_gru(Id id) {
    const auto roles = forms_.match<GruRoles>(reader_.function(), {id}, {});
    if (!roles || roles->hidden != ElementFunction::kNone) return std::nullopt;
    FirstStep step{.clip = roles->clip};
    step.activations = {roles->update.activation, roles->candidate.activation};
    step.gates = {reader_.sum_of(roles->update), std::nullopt, reader_.sum_of(roles->candidate)};
    if (!roles->reset) return step;
    step.gates[1] = reader_.sum_of(*roles->reset);
    const View* vector = reader_.vector_of(roles->state_sum);
    if (vector != nullptr) {
      step.gates.push_back(LinearSum{.biases = {{*vector, roles->state_scale}}});
    } else if (roles->state_sum == ElementFunction::kNone) {
      step.gates.push_back(LinearSum{.number = roles->state_scale});
    } else {
      return std::nullopt;
    }
    return step;
  }

  std::optional<FirstStep> first_rnn(Id id) {
    const auto roles = forms_.match<RnnRoles>(reader_.function(), {id}, {});
    if (!roles) return std::nullopt;
    return FirstStep{.gates = {reader_.sum_of(roles->gate)},
                     .activations = {roles->gate.activation},
                     .clip = roles->clip};
  }

  const RecurrentKind& kind_;
  UnitReader reader_;
  StepForms forms_;
};

}  // namespace

std::optional<FirstStep> find_first_step(Value& result, Value* next_cell, const RecurrentKind& kind,
                                         const PassContext& context) {
  return FirstStepReader(kind, context).read(result, next_cell);
}

}  // namespace gatefold
