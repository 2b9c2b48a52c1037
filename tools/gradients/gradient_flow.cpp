#include "tools/gradients/gradient_flow.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "backend/executable.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "session/number_range.h"
#include "session/number_trace.h"

namespace gatefold::tools {
namespace {

double norm_of(const Tensor& tensor, std::int64_t first, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = first; i < first + count; ++i) {
    const double number = tensor.number_at(i);
    sum += number * number;
  }
  return std::sqrt(sum);
}

double norm_of(const Tensor& tensor) { return norm_of(tensor, 0, tensor.size()); }

/// The kind of a node that is the backward step of a recurrent layer; else nullptr.
const RecurrentKind* gradient_kind(const Node& node) {
  for (const RecurrentKind* kind : {&kLstm, &kGru, &kRnn}) {
    if (&node.op() == &op(kind->gradient_op, kGatefoldDomain)) return kind;
  }
  return nullptr;
}

/// Puts in the place of a gradient node the same one with output dH; returns that output.
Value* add_state_gradient(Graph& graph, Node& node, const RecurrentKind& kind) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kind.state_gradient_output(); ++i) {
    names.push_back(node.output(i) == nullptr ? "" : graph.unique_name(node.output(i)->name()));
  }
  names.push_back(graph.unique_name("dH"));
  Node* wider = graph.add_node(node.op(), node.inputs(), names, node.attrs(), &node);
  infer_types(*wider);
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr) graph.replace_all_uses(node.output(i), wider->output(i));
  }
  graph.erase_node(&node);
  return wider->output(kind.state_gradient_output());
}

/// A geometric mean of numbers above 0; 0 for none.
struct GeometricMean {
  double logarithms = 0;
  std::int64_t count = 0;

  void add(double number) {
    logarithms += std::log(number);
    ++count;
  }
  double value() const {
    return count == 0 ? 0 : std::exp(logarithms / static_cast<double>(count));
  }
};

/// Adds to a graph the backward step of a layer once more, with no other output than dH.
Node* add_probe(Graph& graph, const Node& node, const RecurrentKind& kind) {
  std::vector<std::string> names(kind.state_gradient_output());
  names.push_back(graph.unique_name("dH"));
  Node* probe = graph.add_node(node.op(), node.inputs(), names, node.attrs());
  infer_types(*probe);
  return probe;
}

/// One direction of a layer. Steps are counted in the order in which the gradient goes through
/// them: from the last one, of a reverse direction from the first.
class Direction {
 public:
  Direction(const RecurrentAttrs& attrs, const Dims& dH, const Tensor* lengths,
            std::int64_t direction)
      : extents_(attrs, {dH[0], dH[2], 1, dH[3], dH[1]}),
        lengths_(lengths),
        direction_(direction),
        is_reverse_(attrs.directions[direction].is_reverse) {}

  /// |dH[t,n]| by sequence and step; 0 for steps that do not count.
  std::vector<std::vector<double>> norms(const Tensor& dH) const {
    std::vector<std::vector<double>> norms(extents_.N);
    for (std::int64_t n = 0; n < extents_.N; ++n) {
      for (std::int64_t s = 0; s < extents_.T; ++s) {
        norms[n].push_back(is_step_of(n, s) ? norm_at(dH, n, s) : 0);
      }
    }
    return norms;
  }

  /// Leaves of dY only what it has at the step of each sequence at which the gradient begins.
  void keep_beginnings(const Tensor& dH, Tensor& dY) const {
    const auto all = norms(dH);
    for (std::int64_t n = 0; n < extents_.N; ++n) {
      for (std::int64_t s = 0; s < extents_.T; ++s) {
        if (s == beginning(all[n])) continue;
        const std::int64_t place =
            time_of(s) * extents_.y.time + direction_ * extents_.y.direction + n * extents_.y.batch;
        const std::size_t bytes = size_of(dY.dtype());
        std::memset(dY.raw() + static_cast<std::size_t>(place) * bytes, 0,
                    static_cast<std::size_t>(extents_.H) * bytes);
      }
    }
  }

  /// The means over the sequences, in the order of time; see LayerFlow::norms.
  std::vector<double> typical(const Tensor& dH) const {
    const auto all = norms(dH);
    std::ptrdiff_t first = extents_.T;
    for (const auto& steps : all) first = std::min(first, beginning(steps));
    std::vector<GeometricMean> means(extents_.T);
    for (const auto& steps : all) {
      for (std::ptrdiff_t s = beginning(steps), place = first; s < extents_.T; ++s, ++place) {
        if (steps[s] > 0) means[place].add(steps[s]);
      }
    }
    std::vector<double> typical;
    for (const GeometricMean& mean : means) typical.push_back(mean.value());
    if (!is_reverse_) std::reverse(typical.begin(), typical.end());
    return typical;
  }

  /// See LayerFlow::factor_per_step; dH is that of what begins at one step of each sequence.
  double factor(const Tensor& dH) const {
    bool reaches_none = false;
    GeometricMean factors;
    const auto all = norms(dH);
    for (std::int64_t n = 0; n < extents_.N; ++n) {
      for (std::int64_t s = 0; s + 1 < extents_.T; ++s) {
        if (all[n][s] == 0 || !is_step_of(n, s + 1)) continue;
        const double factor = all[n][s + 1] / all[n][s];
        reaches_none = reaches_none || factor == 0;
        if (factor > 0) factors.add(factor);
      }
    }
    return factors.count == 0 && !reaches_none ? 1 : factors.value();
  }

 private:
  static std::ptrdiff_t beginning(const std::vector<double>& norms) {
    return std::find_if(norms.begin(), norms.end(), [](double norm) { return norm != 0; }) -
           norms.begin();
  }
  std::int64_t time_of(std::int64_t step) const {
    return is_reverse_ ? step : extents_.T - 1 - step;
  }
  bool is_step_of(std::int64_t n, std::int64_t step) const {
    return lengths_ == nullptr || static_cast<double>(time_of(step)) < lengths_->number_at(n);
  }
  double norm_at(const Tensor& dH, std::int64_t n, std::int64_t step) const {
    const std::int64_t row = (time_of(step) * extents_.D + direction_) * extents_.N + n;
    return norm_of(dH, row * extents_.H, extents_.H);
  }

  RecurrentExtents extents_;
  const Tensor* lengths_;
  std::int64_t direction_;
  bool is_reverse_;
};

/// The recurrent layers of a graph; what their gradients' flow is found from becomes its last
/// outputs.
class Layers {
 public:
  explicit Layers(Graph& graph) {
    std::vector<Node*> nodes;
    for (const auto& node : graph.nodes()) nodes.push_back(node.get());
    // Backward nodes stand in the reverse order of the layers.
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
      if (const RecurrentKind* kind = gradient_kind(**node)) add(graph, **node, *kind);
    }
  }

  /// One entry per direction of each layer.
  std::vector<LayerFlow> flow(std::span<const Datum> outputs) const {
    std::vector<LayerFlow> flow;
    for (const Layer& layer : layers_) {
      const Tensor& dH = std::get<Tensor>(outputs[layer.dH]);
      const auto given = outputs.subspan(layer.dH + 1, layer.probe->input_count());
      const bool has_lengths = layer.probe->input(recurrent_input::kSequenceLens) != nullptr;
      const Tensor* lengths =
          has_lengths ? &std::get<Tensor>(given[recurrent_input::kSequenceLens]) : nullptr;
      std::vector<Direction> directions;
      for (std::int64_t d = 0; d < layer.attrs.direction_count(); ++d) {
        directions.emplace_back(layer.attrs, dH.dims(), lengths, d);
      }
      const Tensor isolated = isolated_gradients(layer, dH, given, directions);
      for (std::size_t d = 0; d < directions.size(); ++d) {
        flow.push_back({layer.name, std::string(layer.attrs.kind->op),
                        layer.attrs.directions[d].is_reverse, directions[d].typical(dH),
                        directions[d].factor(isolated)});
      }
    }
    return flow;
  }

 private:
  struct Layer {
    std::string name;
    RecurrentAttrs attrs;
    const Node* probe;
    std::size_t dH;  // Output of the graph; the inputs of the probe follow.
  };

  /// What the graph is given of which the value is made, as the W of a layer of its weights.
  static const Value& origin_of(const Value& value) {
    const Node* maker = value.producer();
    const Value* made_of =
        maker == nullptr || maker->input_count() == 0 ? nullptr : maker->input(0);
    return made_of == nullptr ? value : origin_of(*made_of);
  }

  void add(Graph& graph, Node& node, const RecurrentKind& kind) {
    const std::string& weights = origin_of(*node.input(recurrent_input::kW)).name();
    Layer layer{node.name().empty() ? weights : node.name(), read_recurrent_attrs(node),
                add_probe(graph, node, kind), graph.outputs().size()};
    Value* dH = add_state_gradient(graph, node, kind);
    graph.add_output(dH->name(), dH);
    for (Value* input : layer.probe->inputs()) {
      // dH stands for those that are not given.
      graph.add_output("", input == nullptr ? dH : input);
    }
    layers_.push_back(std::move(layer));
  }

  /// dH when the loss entered each sequence only at the step at which its gradient begins.
  static Tensor isolated_gradients(const Layer& layer, const Tensor& dH,
                                   std::span<const Datum> given,
                                   const std::vector<Direction>& directions) {
    const std::size_t dY = layer.attrs.kind->input_count() + recurrent_gradient_input::kDy;
    if (layer.probe->input(dY) == nullptr) return dH;
    Datum beginnings = std::get<Tensor>(given[dY]).clone();
    for (const Direction& direction : directions) {
      direction.keep_beginnings(dH, std::get<Tensor>(beginnings));
    }
    std::vector<const Datum*> inputs;
    for (std::size_t i = 0; i < given.size(); ++i) {
      inputs.push_back(layer.probe->input(i) == nullptr ? nullptr : &given[i]);
    }
    inputs[dY] = &beginnings;
    std::vector<Datum> outputs(layer.probe->output_count());
    evaluate_node(*layer.probe, inputs, outputs, Precision::kNative, {});
    return std::get<Tensor>(outputs.back());
  }

  std::vector<Layer> layers_;
};

void require_finite(const Graph& graph, std::span<const Datum> inputs,
                    std::span<const Datum> outputs, int threads) {
  for (const Datum& output : outputs) {
    if (range_of(std::get<Tensor>(output)).is_finite()) continue;
    const double loss = std::get<Tensor>(outputs[0]).number_at(0);
    const auto origin = find_non_finite(graph, inputs, {.threads = threads}, outputs.size());
    fail("the loss is {} for these data{}{}", number_text(loss),
         std::isfinite(loss) ? ", but not every gradient is finite" : "",
         origin ? "; " + origin->text : "");
  }
}

}  // namespace

GradientFlow measure_gradient_flow(const std::string& model, const LossProblem& problem,
                                   int threads) {
  const std::shared_ptr<Graph> graph = problem.gradients->clone();
  const Layers layers(*graph);
  Context context(std::make_shared<Executable>(graph, CompileOptions{.threads = threads}));
  const std::span<const Datum> outputs = context.run(problem.data);
  GradientFlow flow{.model = model};
  flow.loss = std::get<Tensor>(outputs[0]).number_at(0);
  require_finite(*graph, problem.data, outputs, threads);
  for (std::size_t i = 0; i < problem.variables.size(); ++i) {
    const double norm = norm_of(std::get<Tensor>(outputs[1 + i]));
    const double weights = norm_of(std::get<Tensor>(problem.data[problem.variables[i].input]));
    flow.parameters.push_back({problem.variables[i].name, norm, weights > 0 ? norm / weights : 0});
  }
  flow.layers = layers.flow(outputs);
  return flow;
}

namespace {

nlohmann::ordered_json json_of(const GradientFlow& flow) {
  nlohmann::ordered_json root{{"loss", flow.loss},
                              {"layers", nlohmann::ordered_json::array()},
                              {"parameters", nlohmann::ordered_json::array()}};
  for (const LayerFlow& line : flow.layers) {
    root["layers"].push_back({{"layer", line.layer},
                              {"operator", line.op},
                              {"direction", line.is_reverse ? "reverse" : "forward"},
                              {"factor_per_step", line.factor_per_step},
                              {"norms", line.norms}});
  }
  for (const ParameterFlow& parameter : flow.parameters) {
    root["parameters"].push_back({{"name", parameter.name},
                                  {"norm", parameter.norm},
                                  {"relative_norm", parameter.relative_norm}});
  }
  return root;
}

}  // namespace

std::string to_json(const std::vector<GradientFlow>& flows) {
  if (flows.size() == 1) return json_of(flows[0]).dump(2) + '\n';
  auto list = nlohmann::ordered_json::array();
  for (const GradientFlow& flow : flows) {
    list.push_back({{"model", flow.model}});
    list.back().update(json_of(flow));
  }
  return list.dump(2) + '\n';
}

}  // namespace gatefold::tools
