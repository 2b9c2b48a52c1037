#include "passes/gradients/gradients.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "ir/error.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {
namespace {

/// What a node reads: its inputs, then what its sub-graphs capture.
std::vector<Value*> reads_of(const Node& node) {
  std::vector<Value*> reads = node.inputs();
  for (Value* captured : captured_values(node)) reads.push_back(captured);
  return reads;
}

bool is_constant_like(const Node& node) {
  const GradientEntry* row = find_gradient(node.op());
  return row != nullptr && row->is_zero;
}

/// Differentiates nodes of one graph: visits them from y back to the targets.
class Backward {
 public:
  Backward(Graph& graph, std::vector<Node*> nodes, std::span<Value* const> targets)
      : nodes_(std::move(nodes)),
        targets_(targets.begin(), targets.end()),
        wanted_(dependents_of(nodes_, targets)),
        builder_(graph, wanted_) {}

  GradientBuilder& builder() { return builder_; }

  void run(std::span<Value* const> y, const Gradients& dy) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (dy[i] != nullptr && builder_.wants(y[i])) contribute(*y[i], dy[i]);
    }
    for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) visit(**node);
  }

  /// The gradient of a target, summed up over its uses.
  Value* gradient(Value& value) {
    const auto found = contributions_.find(&value);
    if (found == contributions_.end()) return nullptr;
    std::vector<Value*>& parts = found->second;
    if (parts.size() > 1) parts = {builder_.add("Sum", parts)};
    return parts.front();
  }

 private:
  void visit(Node& node) {
    Gradients dY(node.output_count());
    bool is_reached = false;
    for (std::size_t i = 0; i < dY.size(); ++i) {
      if (!builder_.wants(node.output(i))) continue;
      dY[i] = gradient(*node.output(i));
      is_reached = is_reached || dY[i] != nullptr;
    }
    const std::vector<Value*> reads = reads_of(node);
    // What a target was computed from is of no interest.
    const bool is_path = std::any_of(reads.begin(), reads.end(),
                                     [this](const Value* read) { return builder_.wants(read); });
    if (!is_reached || !is_path) return;
    const GradientEntry* row = find_gradient(node.op());
    if (row == nullptr || row->rule == nullptr) refuse(node, row);
    const Gradients dX = row->rule(builder_, node, dY);
    for (std::size_t i = 0; i < dX.size() && i < reads.size(); ++i) {
      if (dX[i] != nullptr && builder_.wants(reads[i])) contribute(*reads[i], dX[i]);
    }
  }

  void contribute(Value& value, Value* gradient) {
    if (gradient->type().dtype != value.type().dtype) {
      fail("gradient of '{}': it has element type {}, the value itself {}", value.name(),
           name_of(gradient->type().dtype), name_of(value.type().dtype));
    }
    if (!have_same_shape(gradient->type(), value.type())) {
      gradient = builder_.sum_like(*gradient, value);
    }
    contributions_[&value].push_back(gradient);
  }

  [[noreturn]] void refuse(const Node& node, const GradientEntry* row) const {
    std::string path = node.describe();
    const Value* value = wanted_input(node);
    while (value->producer() != nullptr && targets_.count(value) == 0) {
      path.insert(0, value->producer()->describe() + " -> ");
      value = wanted_input(*value->producer());
    }
    fail(
        "{} cannot be differentiated{}{}; the gradient of '{}' needs it on the path {}; freeze "
        "'{}' "
        "or take the node out of the path",
        node.describe(), row == nullptr ? "" : ": ", row == nullptr ? "" : row->reason,
        value->name(), path, value->name());
  }

  const Value* wanted_input(const Node& node) const {
    const std::vector<Value*> reads = reads_of(node);
    return *std::find_if(reads.begin(), reads.end(),
                         [this](const Value* value) { return builder_.wants(value); });
  }

  std::vector<Node*> nodes_;
  std::unordered_set<const Value*> targets_;
  std::unordered_set<const Value*> wanted_;
  GradientBuilder builder_;
  std::unordered_map<const Value*, std::vector<Value*>> contributions_;
};

}  // namespace

bool may_have_gradient(const Type& type) {
  if (type.is_tensor()) return is_float(type.dtype);
  return type.element != nullptr && may_have_gradient(*type.element);
}

std::string gradient_name(const Value& value) { return value.name() + "_grad"; }

std::vector<Node*> nodes_behind(const Graph& graph, const Node* last) {
  std::vector<Node*> nodes;
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (node->get() == last) break;
    nodes.push_back(node->get());
  }
  std::reverse(nodes.begin(), nodes.end());
  return nodes;
}

std::unordered_set<const Value*> dependents_of(std::span<Node* const> nodes,
                                               std::span<Value* const> targets) {
  std::unordered_set<const Value*> dependents(targets.begin(), targets.end());
  for (const Node* node : nodes) {
    const std::vector<Value*> reads = reads_of(*node);
    const bool depends = std::any_of(reads.begin(), reads.end(), [&](const Value* value) {
      return dependents.count(value) > 0;
    });
    if (!depends || is_constant_like(*node)) continue;
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      const Value* output = node->output(i);
      if (output != nullptr && may_have_gradient(output->type())) dependents.insert(output);
    }
  }
  return dependents;
}

Gradients differentiate(Graph& graph, const std::vector<Node*>& nodes, std::span<Value* const> y,
                        const Gradients& dy, std::span<Value* const> targets) {
  Backward backward(graph, nodes, targets);
  backward.run(y, dy);
  Gradients gradients;
  for (Value* target : targets) gradients.push_back(backward.gradient(*target));
  return gradients;
}

Gradients add_gradients(Graph& graph, Value& y, Value* dy, std::span<Value* const> targets) {
  Backward backward(graph, nodes_behind(graph), targets);
  if (dy == nullptr) {
    GradientBuilder& builder = backward.builder();
    dy = builder.expand_like(*builder.add_scalar(1, y), y);
  }
  Value* results[] = {&y};
  backward.run(results, {dy});
  Gradients gradients;
  for (Value* target : targets) {
    Value* gradient = backward.gradient(*target);
    if (gradient != nullptr && gradient->kind() == Value::Kind::kResult) {
      gradient->set_name(graph.unique_name(gradient_name(*target)));
    }
    gradients.push_back(gradient);
  }
  return gradients;
}

}  // namespace gatefold
