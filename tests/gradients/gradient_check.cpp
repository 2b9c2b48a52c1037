#include "tests/gradients/gradient_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "frontend/onnx_reader.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/verify.h"
#include "passes/gradients/gradients.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

// The smaller one where the other reaches over a kink.
constexpr double kSteps[] = {1e-5, 1e-7};
constexpr double kTolerance = 1e-5;
constexpr std::int64_t kElementsCheckedOneByOne = 32;
constexpr std::uint64_t kDirections = 6;
constexpr std::uint64_t kWeightSeed = 1000;
constexpr std::uint64_t kDirectionSeed = 2000;

/// The r of an output: numbers that every float type holds exactly.
Tensor weights_of(const Tensor& output, std::size_t index) {
  Tensor weights = random_tensor({DataType::kFloat64, output.dims()}, kWeightSeed + index);
  for (std::int64_t i = 0; i < weights.size(); ++i) {
    double& weight = weights.data<double>()[i];
    weight = std::round(weight * 64) / 64;
  }
  return weights;
}

const Tensor* float_tensor(const Datum& datum) {
  const auto* tensor = std::get_if<Tensor>(&datum);
  return tensor != nullptr && is_float(tensor->dtype()) ? tensor : nullptr;
}

double dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += a.number_at(i) * b.number_at(i);
  return sum;
}

bool are_close(double analytic, double numeric) {
  return std::abs(analytic - numeric) <= kTolerance * (1 + std::abs(numeric));
}

double loss_of(const Graph& graph, const std::vector<Datum>& inputs) {
  const std::vector<Datum> outputs = evaluate(graph, inputs, Precision::kDouble);
  double loss = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor* output = float_tensor(outputs[i]);
    if (output != nullptr) loss += dot(*output, weights_of(*output, i));
  }
  return loss;
}

Value* add(Graph& graph, std::string_view name, const std::vector<Value*>& inputs,
           Attrs attrs = {}) {
  Node* node = graph.add_node(op(name), inputs, {graph.unique_name("loss")}, std::move(attrs));
  infer_types(*node);
  return node->output();
}

/// Adds loss = sum(r * y) to the graph.
Value* add_loss(Graph& graph, const std::vector<Datum>& outputs) {
  std::vector<Value*> terms;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor* output = float_tensor(outputs[i]);
    if (output == nullptr) continue;
    Value* y = graph.outputs()[i].value;
    Value* r = graph.add_constant(graph.unique_name("r"),
                                  weights_of(*output, i).converted(y->type().dtype));
    Value* sum =
        add(graph, "ReduceSum", {add(graph, "Mul", {y, r})}, {{"keepdims", std::int64_t{0}}});
    const Tensor to_double = Tensor::scalar(1.0);
    Value* like = graph.add_constant(graph.unique_name("like"), to_double);
    terms.push_back(add(graph, "CastLike", {sum, like}));
  }
  return terms.empty() ? nullptr : add(graph, "Sum", terms);
}

/// One value to differentiate by, and how to move it.
class Probe {
 public:
  Probe(Value& value, Datum* datum)
      : value_(value),
        datum_(datum),
        original_(datum != nullptr ? std::get<Tensor>(*datum) : *value.data()),
        centre_(original_.converted(DataType::kFloat64)) {}
  ~Probe() { set(original_); }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  std::int64_t size() const { return centre_.size(); }
  const Dims& dims() const { return centre_.dims(); }

  void move(const Tensor& direction, double distance) {
    Tensor moved = centre_.clone();
    for (std::int64_t i = 0; i < moved.size(); ++i) {
      moved.data<double>()[i] += distance * direction.data<double>()[i];
    }
    set(std::move(moved));
  }

 private:
  void set(Tensor tensor) {
    if (datum_ != nullptr) {
      *datum_ = std::move(tensor);
    } else {
      value_.set_data(std::move(tensor));
    }
  }

  Value& value_;
  Datum* datum_;
  Tensor original_;
  Tensor centre_;
};

std::vector<Tensor> directions_for(const Probe& probe) {
  std::vector<Tensor> directions;
  if (probe.size() <= kElementsCheckedOneByOne) {
    for (std::int64_t i = 0; i < probe.size(); ++i) {
      directions.emplace_back(DataType::kFloat64, probe.dims());
      directions.back().data<double>()[i] = 1;
    }
    return directions;
  }
  for (std::uint64_t i = 0; i < kDirections; ++i) {
    directions.push_back(random_tensor({DataType::kFloat64, probe.dims()}, kDirectionSeed + i));
  }
  return directions;
}

/// Float inputs, then float parameters.
std::vector<Value*> targets_of(const Graph& graph, const std::vector<std::string>& settings) {
  std::vector<Value*> targets;
  const auto consider = [&](Value* value) {
    const bool is_setting =
        std::find(settings.begin(), settings.end(), value->name()) != settings.end();
    if (value->type().is_tensor() && is_float(value->type().dtype) && !is_setting) {
      targets.push_back(value);
    }
  };
  for (Value* input : graph.inputs()) consider(input);
  for (const auto& value : graph.initializers()) {
    if (value->kind() == Value::Kind::kParameter) consider(value.get());
  }
  return targets;
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

/// A forward graph and its twin with gradients.
class Checker {
 public:
  Checker(const Graph& forward, std::vector<Datum> inputs, const std::vector<std::string>& settings,
          InputShapes shapes)
      : forward_(forward.clone()), backward_(forward.clone()), inputs_(std::move(inputs)) {
    Graph& graph = *backward_;
    if (shapes != InputShapes::kStated) forget_shapes(graph, shapes);
    Value* loss = add_loss(graph, evaluate(*forward_, inputs_, Precision::kDouble));
    if (loss == nullptr) return;
    names_.reserve(graph.inputs().size());
    const std::vector<Value*> targets = targets_of(graph, settings);
    const Gradients gradients = add_gradients(graph, *loss, nullptr, targets);
    while (!graph.outputs().empty()) graph.erase_output(0);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      names_.push_back(targets[i]->name());
      has_gradient_.push_back(gradients[i] != nullptr);
      if (gradients[i] != nullptr) graph.add_output(gradient_name(*targets[i]), gradients[i]);
    }
    verify(graph);
  }

  GradientCheck run() {
    const std::vector<Datum> gradients = evaluate(*backward_, inputs_, Precision::kDouble);
    std::size_t next = 0;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const Tensor* gradient = has_gradient_[i] ? &std::get<Tensor>(gradients[next++]) : nullptr;
      compare(names_[i], gradient);
    }
    check_native_types();
    return std::move(result_);
  }

 private:
  Value* forward_value(const std::string& name, Datum*& datum) {
    const Graph& graph = *forward_;
    for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
      if (graph.inputs()[i]->name() != name) continue;
      datum = &inputs_[i];
      return graph.inputs()[i];
    }
    for (const auto& value : graph.initializers()) {
      if (value->name() == name) return value.get();
    }
    return nullptr;
  }

  double difference(Probe& probe, const Tensor& direction, double step) const {
    probe.move(direction, step);
    const double above = loss_of(*forward_, inputs_);
    probe.move(direction, -step);
    const double below = loss_of(*forward_, inputs_);
    return (above - below) / (2 * step);
  }

  void compare(const std::string& name, const Tensor* gradient) {
    Datum* datum = nullptr;
    Value* value = forward_value(name, datum);
    Probe probe(*value, datum);
    if (gradient != nullptr && gradient->dims() != probe.dims()) {
      return report(fmt::format("gradient of '{}' has shape {} but the value has {}", name,
                                to_string(gradient->dims()), to_string(probe.dims())));
    }
    for (const Tensor& direction : directions_for(probe)) {
      const double analytic = gradient == nullptr ? 0 : dot(*gradient, direction);
      double numeric = 0;
      for (const double step : kSteps) {
        numeric = difference(probe, direction, step);
        if (!std::isfinite(numeric) || are_close(analytic, numeric)) break;
      }
      // Where the forward graph gives no number there is nothing to compare.
      if (!std::isfinite(numeric)) continue;
      if (analytic != 0) result_.has_nonzero = true;
      if (are_close(analytic, numeric)) continue;
      return report(fmt::format("gradient of '{}' is {} but central differences say {}{}", name,
                                analytic, numeric, gradient == nullptr ? " (none was made)" : ""));
    }
  }

  void check_native_types() {
    const std::vector<Datum> gradients = evaluate(*backward_, inputs_);
    const Graph& graph = *backward_;
    std::size_t next = 0;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!has_gradient_[i]) continue;
      Datum* datum = nullptr;
      const Value* value = forward_value(names_[i], datum);
      const Tensor& expected = datum != nullptr ? std::get<Tensor>(*datum) : *value->data();
      const auto& actual = std::get<Tensor>(gradients[next]);
      const Type& inferred = graph.outputs()[next++].value->type();
      if (actual.dtype() != expected.dtype() || actual.dims() != expected.dims() ||
          inferred.dtype != expected.dtype()) {
        report(fmt::format("gradient of '{}' has type {}, inferred {}, but the value {}", names_[i],
                           to_string(actual.type()), to_string(inferred),
                           to_string(expected.type())));
      }
    }
  }

  void report(const std::string& failure) { result_.failures += failure + "\n"; }

  std::shared_ptr<Graph> forward_;
  std::shared_ptr<Graph> backward_;
  std::vector<Datum> inputs_;
  std::vector<std::string> names_;
  std::vector<bool> has_gradient_;
  GradientCheck result_;
};

}  // namespace

GradientCheck check_gradients(const Graph& graph, const std::vector<Datum>& inputs,
                              const std::vector<std::string>& settings, InputShapes shapes) {
  return Checker(graph, inputs, settings, shapes).run();
}

GradientCheck check_gradients(const std::string& text, const std::vector<Datum>& inputs,
                              const std::vector<std::string>& settings, InputShapes shapes) {
  return check_gradients(*parse_model(text, "forward").graph, inputs, settings, shapes);
}

}  // namespace gatefold::test
