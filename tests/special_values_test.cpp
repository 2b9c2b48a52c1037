#include "tests/special_values.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include "backend/executable.h"
#include "backend/kernels.h"
#include "backend/simd/int8.h"
#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "tests/ops/op_case.h"
#include "tests/special_value_forms.h"

/// Kernels on NaN, infinities, zeros of either sign, subnormal, smallest and largest numbers: they
/// give what the operators' definitions give, on every instruction set that the machine has.
namespace gatefold::test {
namespace {

using native::InstructionSet;
using native::UseInstructionSet;

/// Runs a form for every length with one element type.
class FormSweep {
 public:
  FormSweep(const SpecialForm& form, DataType dtype, const std::vector<InstructionSet>& sets)
      : form_(form), dtype_(dtype), sets_(sets) {}

  /// False where the operator's definition is what runs.
  bool run() {
    for (int n = form_.least; n <= form_.most; n += form_.step) {
      if (!run_length(n)) return false;
      if (failed_) break;
    }
    return true;
  }

 private:
  bool run_length(int n) {
    std::string text = with(form_.graph, "$N", std::to_string(n));
    text = with(text, "$T", std::string(name_of(dtype_)));
    const bool has_rows = text.find("$R") != std::string::npos;
    Filling filling{.greatest = form_.greatest,
                    .smallest = form_.smallest,
                    .divides = form_.op == "Div" || form_.op == "Mod"};
    if (has_rows) {
      filling.rows = special_count(dtype_) * (n + 1);
      text = with(text, "$R", std::to_string(filling.rows));
    }
    const Model model = parse_model(text, form_.op);
    const Graph& graph = *model.graph;
    const auto make = form_.make == nullptr ? make_kernel : form_.make;
    std::unique_ptr<SpecialProblem> problem;
    const std::size_t runs = has_rows ? 1 : static_cast<std::size_t>(special_count(dtype_));
    for (; filling.run < runs && !failed_; ++filling.run) {
      std::vector<Tensor> inputs;
      for (const Value* value : graph.inputs()) {
        inputs.push_back(filled(value->type(), value->name(), inputs.size(), filling));
      }
      if (problem == nullptr) {
        problem = std::make_unique<SpecialProblem>(graph, make, inputs, form_.are_constant, sets_);
        if (!problem->has_own_kernel()) return false;
      }
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        std::memcpy(problem->inputs()[i].raw(), inputs[i].raw(), inputs[i].bytes());
      }
      const std::string difference = problem->compare({form_.tolerance, form_.is_zero_unsigned});
      if (difference.empty()) continue;
      failed_ = true;
      ADD_FAILURE() << text << "\n  run " << filling.run << ": " << difference;
    }
    return true;
  }

  const SpecialForm& form_;
  DataType dtype_;
  const std::vector<InstructionSet>& sets_;
  bool failed_ = false;
};

std::vector<DataType> types_of(const SpecialForm& form, const OpDef& op) {
  if (!form.types.empty()) return form.types;
  std::vector<DataType> types;
  const std::size_t port = op.name == "Where" ? 1 : 0;
  for (const DataType dtype :
       {DataType::kFloat32, DataType::kFloat64, DataType::kFloat16, DataType::kBfloat16,
        DataType::kInt8, DataType::kInt16, DataType::kInt32, DataType::kInt64, DataType::kUint8,
        DataType::kUint16, DataType::kUint32, DataType::kUint64, DataType::kBool}) {
    if (is_half(dtype) && op.widen_half) continue;  // The loops are those of float32.
    if (op.inputs[port].allowed.contains(dtype)) types.push_back(dtype);
  }
  return types;
}

std::string names_of(const std::vector<InstructionSet>& sets) {
  std::string names;
  for (const InstructionSet& set : sets) names += " " + set.name;
  return names;
}

bool is_unswept(const OpDef& op) {
  const std::vector<UnsweptOp> unswept = unswept_ops();
  return std::any_of(unswept.begin(), unswept.end(),
                     [&](const UnsweptOp& row) { return row.op == op.name; });
}

TEST(SpecialValues, EveryLaneAndTailGivesWhatTheDefinitionGives) {
  const std::vector<InstructionSet> sets = native::instruction_sets();
  int ops = 0;
  int forms = 0;
  std::set<DataType> types;
  for (const OpDef* op : all_ops()) {
    if (!has_own_kernel(*op) || is_unswept(*op)) continue;
    int own = 0;
    for (const SpecialForm& form : special_forms(*op)) {
      for (const DataType dtype : types_of(form, *op)) {
        if (!FormSweep(form, dtype, sets).run()) continue;
        ++own;
        types.insert(dtype);
      }
    }
    EXPECT_TRUE(own > 0) << "op '" << op->name
                         << "' has a kernel but no form that reaches it; add one to "
                         << "tests/special_value_forms.cpp";
    ops += own > 0 ? 1 : 0;
    forms += own;
  }
  std::string type_names;
  for (const DataType dtype : types) type_names += fmt::format(" {}", name_of(dtype));
  fmt::print("{} operators, {} forms with a type, types{}, instruction sets{}\n", ops, forms,
             type_names, names_of(sets));
  for (const UnsweptOp& row : unswept_ops()) fmt::print("left out: {}: {}\n", row.op, row.reason);
}

/// An input whose infinities, NaN and large numbers may give something else than its definition.
struct OpenInput {
  std::string_view op;
  std::size_t input;
};

// Weights, or gradients, over padding: multiplied by its zeros, or left out. Signals: a spectrum is
// as exact as its largest number, and written_forms has what is not finite.
constexpr OpenInput kOpenInputs[] = {{"Conv", 1}, {"ConvTranspose", 1}, {"ConvWeightGrad", 1},
                                     {"DFT", 0},  {"STFT", 0},          {"STFT", 2}};

bool is_open(const Value& value) {
  return std::any_of(value.uses().begin(), value.uses().end(), [&](const Use& use) {
    return std::any_of(std::begin(kOpenInputs), std::end(kOpenInputs), [&](const OpenInput& open) {
      return open.op == use.user->op().name && use.user->input(open.input) == &value;
    });
  });
}

/// Runs a case with one number of one input replaced, number by number.
class CaseSweep {
 public:
  CaseSweep(const OpCase& op_case, const std::vector<InstructionSet>& sets)
      : name_(op_case.name), model_(parse_model(op_case.graph, op_case.name)), sets_(sets) {
    for (const Datum& datum : inputs_of(op_case, *model_.graph)) {
      const auto* tensor = std::get_if<Tensor>(&datum);
      inputs_.push_back(tensor == nullptr ? datum : tensor->clone());
    }
    for (const InstructionSet& set : sets) {
      const UseInstructionSet use(set);
      contexts_.push_back(std::make_unique<Context>(std::make_shared<Executable>(model_.graph)));
      contexts_.back()->run(inputs_);
    }
  }

  bool is_unswept() const {
    const auto& nodes = model_.graph->nodes();
    return std::any_of(nodes.begin(), nodes.end(),
                       [](const auto& node) { return test::is_unswept(node->op()); });
  }

  /// The operators that kernels of their own compute.
  std::set<std::string_view> ops() const {
    std::set<std::string_view> names;
    for (const StepProfile& step : contexts_[0]->profile()) {
      if (step.implementation == kEvaluated) continue;
      for (const TypedNode& typed : step.nodes) names.insert(typed.node->op().name);
    }
    return names;
  }

  /// The number of runs.
  int run() {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      auto* tensor = std::get_if<Tensor>(&inputs_[i]);
      if (tensor == nullptr || tensor->dtype() != DataType::kFloat32) continue;
      if (tensor->size() == 0 || is_open(*model_.graph->inputs()[i])) continue;
      for (std::int64_t at = 0; at < tensor->size(); at += (tensor->size() + 6) / 7) {
        if (!run_place(i, at, tensor->data<float>()[at])) break;
      }
    }
    return runs_;
  }

 private:
  bool run_place(std::size_t input, std::int64_t at, float& element) {
    using Limits = std::numeric_limits<float>;
    const float before = element;
    std::string difference;
    for (const float number : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), -0.0F,
                               Limits::denorm_min(), 1e15F}) {
      element = number;
      difference = compare();
      element = before;
      ++runs_;
      if (difference.empty()) continue;
      ADD_FAILURE() << name_ << ", input " << input << " [" << at << "] = " << number << ": "
                    << difference;
      break;
    }
    return difference.empty();
  }

  std::string compare() {
    std::vector<Datum> wanted;
    try {
      wanted = evaluate(*model_.graph, inputs_);
    } catch (const Error&) {
      return "";  // No number of elements, or the like.
    }
    for (std::size_t k = 0; k < sets_.size(); ++k) {
      const UseInstructionSet use(sets_[k]);
      const auto results = contexts_[k]->run(inputs_);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto* oracle = std::get_if<Tensor>(&wanted[i]);
        if (oracle == nullptr) continue;
        const auto& actual = std::get<Tensor>(results[i]);
        const std::int64_t place = first_difference(actual, *oracle, {1e-3, true});
        if (place < 0) continue;
        return fmt::format("on {} '{}' [{}] is {} but by definition {}", sets_[k].name,
                           model_.graph->outputs()[i].name, place, actual.number_at(place),
                           oracle->number_at(place));
      }
    }
    return "";
  }

  std::string name_;
  Model model_;
  const std::vector<InstructionSet>& sets_;
  std::vector<Datum> inputs_;
  std::vector<std::unique_ptr<Context>> contexts_;
  int runs_ = 0;
};

TEST(SpecialValues, CasesOfEveryOperatorGiveWhatTheDefinitionGives) {
  const std::vector<InstructionSet> sets = native::instruction_sets();
  std::set<std::string_view> seen;
  int runs = 0;
  for (const OpCase& op_case : all_op_cases()) {
    CaseSweep sweep(op_case, sets);
    if (sweep.is_unswept()) continue;
    const std::set<std::string_view> ops = sweep.ops();
    seen.insert(ops.begin(), ops.end());
    if (!ops.empty()) runs += sweep.run();
  }
  int kernels = 0;
  for (const OpDef* op : all_ops()) {
    if (!has_own_kernel(*op) || is_unswept(*op)) continue;
    ++kernels;
    EXPECT_TRUE(seen.count(op->name) > 0)
        << "op '" << op->name << "' has a kernel but no case of tests/ops that reaches it";
  }
  fmt::print("{} operators with kernels, {} runs, instruction sets{}\n", kernels, runs,
             names_of(sets));
}

TEST(SpecialValues, NaNInAnInt8OperandIsNotLost) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const InstructionSet& set : native::instruction_sets()) {
    const UseInstructionSet use(set);
    for (std::size_t n = 1; n <= 70; ++n) {
      for (std::size_t at = 0; at < n; ++at) {
        std::vector<float> numbers(n, 0.5F);
        numbers[at] = kNan;
        const auto depth = static_cast<std::int64_t>(n);
        std::vector<std::uint8_t> row(n + 64);
        EXPECT_TRUE(std::isnan(native::quantize_row(numbers.data(), depth, depth, row.data())))
            << set.name << ", " << at << " of " << n;
        std::vector<std::int8_t> column(n + 64);
        EXPECT_TRUE(
            std::isnan(native::quantize_column(numbers.data(), 1, depth, 1, column.data()).scale))
            << at << " of " << n;
      }
    }
  }
}

}  // namespace
}  // namespace gatefold::test
