#include "tools/gradients/gradient_flow.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "backend/executable.h"
#include "ir/error.h"
#include "ir/infer.h"
#include "ir/op_def.h"
#include "ir/ops/recurrent.h"

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

/// The recurrent layers of a graph, whose state gradients become its last outputs.
class Layers {
 public:
  explicit Layers(Graph& graph) {
    std::vector<Node*> nodes;
    for (const auto& node : graph.nodes()) nodes.push_back(node.get());
    // Backward nodes stand in the reverse order of the layers.
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
      const RecurrentKind* kind = gradient_kind(**node);
      if (kind == nullptr) continue;
      const std::string& W = (*node)->input(recurrent_input::kW)->name();
      layers_.push_back(
          {(*node)->name().empty() ? W : (*node)->name(), read_recurrent_attrs(**node)});
      Value* dH = add_state_gradient(graph, **node, *kind);
      graph.add_output(dH->name(), dH);
    }
  }

  std::size_t count() const { return layers_.size(); }

  /// One entry per direction of a layer, from its dH [T,D,N,H].
  void add_flow(std::size_t layer, const Tensor& dH, std::vector<LayerFlow>& flow) const {
    const auto& [name, attrs] = layers_[layer];
    const std::int64_t T = dH.dims()[0];
    const std::int64_t D = dH.dims()[1];
    const std::int64_t block = dH.dims()[2] * dH.dims()[3];
    for (std::int64_t d = 0; d < D; ++d) {
      LayerFlow line{name, std::string(attrs.kind->op), attrs.directions[d].is_reverse, {}};
      for (std::int64_t t = 0; t < T; ++t) {
        line.norms.push_back(norm_of(dH, (t * D + d) * block, block));
      }
      flow.push_back(std::move(line));
    }
  }

 private:
  struct Layer {
    std::string name;
    RecurrentAttrs attrs;
  };
  std::vector<Layer> layers_;
};

}  // namespace

double LayerFlow::factor_per_step() const {
  const auto is_zero = [](double norm) { return norm == 0; };
  const auto first = std::find_if_not(norms.begin(), norms.end(), is_zero);
  const auto last = std::find_if_not(norms.rbegin(), norms.rend(), is_zero).base();
  if (last - first < 2) return 1;
  const double growth = std::log(*first / last[-1]) / static_cast<double>(last - first - 1);
  return std::exp(is_reverse ? -growth : growth);
}

GradientFlow measure_gradient_flow(const LossProblem& problem, int threads) {
  const std::shared_ptr<Graph> graph = problem.gradients->clone();
  const std::size_t first_layer = graph->outputs().size();
  const Layers layers(*graph);
  Context context(std::make_shared<Executable>(graph, CompileOptions{.threads = threads}));
  const std::vector<Datum> inputs(problem.data.begin(), problem.data.end());
  const std::span<const Datum> outputs = context.run(inputs);
  GradientFlow flow;
  flow.loss = std::get<Tensor>(outputs[0]).number_at(0);
  if (!std::isfinite(flow.loss)) fail("the loss is {} for these data", flow.loss);
  for (std::size_t i = 0; i < problem.variables.size(); ++i) {
    const double norm = norm_of(std::get<Tensor>(outputs[1 + i]));
    const double weights = norm_of(problem.data[problem.variables[i].input]);
    flow.parameters.push_back({problem.variables[i].name, norm, weights > 0 ? norm / weights : 0});
  }
  for (std::size_t i = 0; i < layers.count(); ++i) {
    layers.add_flow(i, std::get<Tensor>(outputs[first_layer + i]), flow.layers);
  }
  return flow;
}

std::string to_json(const GradientFlow& flow) {
  nlohmann::ordered_json root{{"loss", flow.loss},
                              {"layers", nlohmann::ordered_json::array()},
                              {"parameters", nlohmann::ordered_json::array()}};
  for (const LayerFlow& line : flow.layers) {
    root["layers"].push_back({{"layer", line.layer},
                              {"operator", line.op},
                              {"direction", line.is_reverse ? "reverse" : "forward"},
                              {"factor_per_step", line.factor_per_step()},
                              {"norms", line.norms}});
  }
  for (const ParameterFlow& parameter : flow.parameters) {
    root["parameters"].push_back({{"name", parameter.name},
                                  {"norm", parameter.norm},
                                  {"relative_norm", parameter.relative_norm}});
  }
  return root.dump(2) + '\n';
}

}  // namespace gatefold::tools
