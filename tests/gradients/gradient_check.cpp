#include "tests/gradients/gradient_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/verify.h"
#include "passes/gradients/gradients.h"
#include "passes/rewriting/graph_builder.h"
#include "passes/training/loss_gradients.h"
#include "passes/training/model_parts.h"
#include "tests/random_inputs.h"
#include "tools/gradients/gradient_check.h"

namespace gatefold::test {
namespace {

using tools::LossProblem;

constexpr std::uint64_t kWeightSeed = 1000;

/// A gradient must be right at a kink, too.
const tools::GradientCheckOptions kOptions{.step = 1e-5,
                                           .tolerance = 1e-6,
                                           .samples = 32,
                                           .directions = 6,
                                           .time_limit = std::numeric_limits<double>::infinity(),
                                           .accept_kinks = false,
                                           .skip_undefined = true,
                                           .check_kernels = false};

/// The r of an output: numbers that every float type holds exactly.
Tensor weights_of(const Tensor& output, std::size_t index) {
  Tensor weights = random_tensor({DataType::kFloat64, output.dims()}, kWeightSeed + index);
  for (std::int64_t i = 0; i < weights.size(); ++i) {
    double& weight = weights.data<double>()[i];
    weight = std::round(weight * 64) / 64;
  }
  return weights.converted(output.dtype());
}

/// Leaves the inputs the shapes that are to be known.
void forget_shapes(Graph& graph, InputShapes known) {
  for (Value* input : graph.inputs()) {
    Type type = input->type();
    if (!type.is_tensor() || !type.has_rank()) continue;
    type.shape->assign(type.shape->size(), Dim());
    if (known != InputShapes::kRanks) type.shape.reset();
    input->set_type(std::move(type));
    if (known == InputShapes::kAllButOne) break;
  }
  infer_types(graph);
}

/// Makes a problem of a graph, without a training pipeline between it and the gradient rules.
class ProblemMaker {
 public:
  ProblemMaker(const Graph& forward, const std::vector<Datum>& inputs, InputShapes shapes)
      : forward_(forward), shapes_(shapes) {
    problem_.data = inputs;
    const std::vector<Datum> outputs = evaluate(forward, inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto* output = std::get_if<Tensor>(&outputs[i]);
      if (output == nullptr || !is_float(output->dtype())) continue;
      problem_.data.emplace_back(weights_of(*output, i));
    }
  }

  LossProblem make(const std::vector<std::string>& settings) {
    add_variables(settings);
    problem_.loss = build_loss(forward_, {.parameters = parameters_});
    problem_.gradients = build_gradients();
    return std::move(problem_);
  }

 private:
  /// Float inputs, then float parameters.
  void add_variables(const std::vector<std::string>& settings) {
    const auto is_variable = [&](const Value& value) {
      return value.type().is_tensor() && is_float(value.type().dtype) &&
             std::find(settings.begin(), settings.end(), value.name()) == settings.end();
    };
    for (std::size_t i = 0; i < forward_.inputs().size(); ++i) {
      const Value& input = *forward_.inputs()[i];
      if (is_variable(input)) problem_.variables.push_back({input.name(), false, i});
    }
    for (const Value* parameter : parameters_of(forward_)) {
      if (!is_variable(*parameter)) continue;
      parameters_.push_back(parameter->name());
      problem_.variables.push_back({parameter->name(), true, problem_.data.size()});
      problem_.data.emplace_back(*parameter->data());
    }
  }

  std::shared_ptr<Graph> build_gradients() const {
    std::shared_ptr<Graph> graph = forward_.clone();
    if (shapes_ != InputShapes::kStated) forget_shapes(*graph, shapes_);
    const std::size_t first_weights = graph->inputs().size();
    graph = build_loss(*graph, {});
    for (std::size_t i = first_weights; i < graph->inputs().size(); ++i) {
      graph->inputs()[i]->set_type(std::get<Tensor>(problem_.data[i]).type());
    }
    infer_types(*graph);
    std::vector<Value*> targets = find_parameters(*graph, parameters_);
    const std::vector<Value*> parameters = targets;
    std::vector<Value*> inputs;
    for (const LossProblem::Variable& variable : problem_.variables) {
      if (!variable.is_parameter) inputs.push_back(graph->inputs()[variable.input]);
    }
    targets.insert(targets.begin(), inputs.begin(), inputs.end());
    const Gradients gradients =
        add_gradients(*graph, *graph->outputs().front().value, nullptr, targets);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      Value* gradient =
          gradients[i] != nullptr ? gradients[i] : GraphBuilder(*graph).zeros_like(*targets[i]);
      graph->add_output(gradient_name(*targets[i]), gradient);
    }
    for (Value* parameter : parameters) turn_into_input(*graph, *parameter);
    verify(*graph);
    return graph;
  }

  const Graph& forward_;
  InputShapes shapes_;
  std::vector<std::string> parameters_;
  LossProblem problem_;
};

/// What is wrong with the types of the gradients when they are evaluated as they are.
std::string check_types(const LossProblem& problem) {
  std::string failures;
  const std::vector<Datum> results = evaluate(*problem.gradients, problem.data);
  for (std::size_t i = 0; i < problem.variables.size(); ++i) {
    const auto& [name, is_parameter, input] = problem.variables[i];
    const Type expected = std::get<Tensor>(problem.data[input]).type();
    const Type actual = std::get<Tensor>(results[i + 1]).type();
    const Type& inferred = problem.gradients->outputs()[i + 1].value->type();
    if (actual == expected && inferred.dtype == expected.dtype) continue;
    failures += fmt::format("gradient of '{}' is {}, inferred {}, but the value is {}\n", name,
                            to_string(actual), to_string(inferred), to_string(expected));
  }
  return failures;
}

bool has_float_output(const Graph& graph) {
  return std::any_of(
      graph.outputs().begin(), graph.outputs().end(), [](const Graph::Output& output) {
        return output.value->type().is_tensor() && is_float(output.value->type().dtype);
      });
}

}  // namespace

GradientCheck check_gradients(const Graph& graph, const std::vector<Datum>& inputs,
                              const std::vector<std::string>& settings, InputShapes shapes) {
  if (!has_float_output(graph)) return {};
  const LossProblem problem = ProblemMaker(graph, inputs, shapes).make(settings);
  GradientCheck check{.failures = check_types(problem)};
  if (!check.failures.empty()) return check;
  for (const tools::GradientFinding& finding : tools::check_gradients(problem, kOptions)) {
    if (finding.largest > 0 && finding.checked > 0) check.has_nonzero = true;
    if (finding.differences.relative <= kOptions.tolerance) continue;
    check.failures += fmt::format(
        "gradient of '{}' is off by {} of its largest element {} at [{}]\n", finding.variable->name,
        finding.differences.relative, finding.largest, fmt::join(finding.differences.index, ","));
  }
  return check;
}

GradientCheck check_gradients(const std::string& text, const std::vector<Datum>& inputs,
                              const std::vector<std::string>& settings, InputShapes shapes) {
  return check_gradients(*parse_model(text, "forward").graph, inputs, settings, shapes);
}

}  // namespace gatefold::test
