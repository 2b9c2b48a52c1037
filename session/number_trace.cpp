#include "session/number_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ir/evaluate.h"
#include "ir/op_def.h"
#include "passes/pipeline.h"
#include "session/number_range.h"

namespace gatefold {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// What of a datum is not finite.
struct Taint {
  bool has_nan = false;
  bool has_infinity = false;
  std::size_t origin = kNone;  ///< The finding it comes from.

  bool is_finite() const { return !has_nan && !has_infinity; }
  void add(const Taint& other) {
    if (origin == kNone || (other.has_nan && !has_nan)) origin = other.origin;
    has_nan = has_nan || other.has_nan;
    has_infinity = has_infinity || other.has_infinity;
  }
};

Taint taint_of(const Tensor& tensor) {
  if (!is_float(tensor.dtype())) return {};
  const NumberRange range = range_of(tensor);
  return {range.nans > 0, range.infinities > 0};
}

Taint taint_of(const Datum& datum) {
  if (const auto* tensor = std::get_if<Tensor>(&datum)) return taint_of(*tensor);
  Taint taint;
  if (const auto* sequence = std::get_if<Sequence>(&datum)) {
    for (const Tensor& tensor : sequence->tensors()) taint.add(taint_of(tensor));
  }
  return taint;
}

std::string describe_value(const Value& value, const Datum& datum) {
  std::string text = fmt::format("'{}' {}", value.name(), describe(datum));
  const auto* tensor = std::get_if<Tensor>(&datum);
  if (tensor == nullptr || tensor->size() == 0) return text;
  return fmt::format("{} ({})", text, range_text(range_of(*tensor)));
}

struct Finding {
  std::string text;
  std::string source = {};     ///< Of an input or initializer.
  std::size_t cause = kNone;   ///< What made the infinite numbers that a nan is made of.
  const Node* node = nullptr;  ///< In the main graph.
  bool has_nan = false;
};

/// The values of a run, and where those that are not finite come from.
class Tracer {
 public:
  explicit Tracer(std::unordered_map<const Value*, Datum> values) : values_(std::move(values)) {}

  const std::vector<Finding>& findings() const { return findings_; }
  /// Of what the sub-graphs of the evaluated node gave, the first nan, else the first finding.
  std::size_t first_result() const { return first_nan_ != kNone ? first_nan_ : first_; }
  const Taint& taint(const Value* value) const {
    static const Taint kFinite;
    const auto found = taints_.find(value);
    return found == taints_.end() ? kFinite : found->second;
  }

  void see_sources(const Graph& graph) {
    for (const Value* input : graph.inputs()) see_source("input", *input);
    for (const auto& value : graph.initializers()) {
      values_[value.get()] = *value->data();
      see_source("initializer", *value);
    }
  }

  /// Looks at what a node has computed, which `values` hold.
  void see(const Node& node) {
    Taint before;
    const std::vector<Value*> read = values_read(node);
    for (const Value* value : read) before.add(taint(value));
    std::size_t made = kNone;
    for (std::size_t i = 0; i < node.output_count(); ++i) {
      if (node.output(i) == nullptr) continue;
      Taint after = taint_of(values_.at(node.output(i)));
      const bool makes_nan = after.has_nan && !before.has_nan;
      const bool makes_infinity = after.has_infinity && before.is_finite();
      after.origin = after.is_finite() ? kNone : before.origin;
      if (makes_nan || makes_infinity) {
        if (made == kNone) made = add_finding(node, read, *node.output(i), after, before.origin);
        after.origin = made;
      }
      set_taint(node.output(i), after);
    }
  }

  /// Evaluates a node and what is in its sub-graphs, looking at each node in those.
  void evaluate(const Node& node) {
    std::vector<const Datum*> inputs;
    for (const Value* value : node.inputs()) {
      inputs.push_back(value == nullptr ? nullptr : &values_.at(value));
    }
    std::vector<Datum> outputs(node.output_count());
    std::int64_t iteration = 0;
    const RunSubGraph run = [&](const Graph& body, std::vector<Datum> given) {
      const bool is_branch = node.op().name == "If";
      const std::size_t length = path_.size();
      path_ += is_branch ? fmt::format("{}: ", node.describe())
                         : fmt::format("{}, iteration {}: ", node.describe(), iteration++);
      std::vector<Datum> results = run_body(body, std::move(given));
      path_.resize(length);
      if (length == 0) see_results(body);
      return results;
    };
    evaluate_node(node, inputs, outputs, Precision::kNative, run);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (node.output(i) != nullptr) values_[node.output(i)] = std::move(outputs[i]);
    }
  }

 private:
  static constexpr std::size_t kShownInputs = 4;

  /// Inputs and what sub-graphs read from around them.
  static std::vector<Value*> values_read(const Node& node) {
    std::vector<Value*> read = node.inputs();
    std::erase(read, nullptr);
    const std::vector<Value*> captured = captured_values(node);
    read.insert(read.end(), captured.begin(), captured.end());
    return read;
  }

  void set_taint(const Value* value, const Taint& taint) {
    if (!taint.is_finite()) latest_ = taint.origin;
    taints_[value] = taint;
  }

  void see_source(std::string_view kind, const Value& value) {
    const Datum& datum = values_.at(&value);
    Taint taint = taint_of(datum);
    if (taint.is_finite()) return;
    taint.origin = findings_.size();
    findings_.push_back({.text = fmt::format("{} {} holds {}", kind, describe_value(value, datum),
                                             taint.has_nan ? "nan" : "infinite numbers"),
                         .source = value.name(),
                         .has_nan = taint.has_nan});
    set_taint(&value, taint);
  }

  void see_results(const Graph& body) {
    for (const Graph::Output& output : body.outputs()) {
      const Taint& result = taint(output.value);
      first_ = std::min(first_, result.origin);
      if (result.has_nan) first_nan_ = std::min(first_nan_, result.origin);
    }
  }

  // What comes into a body comes from around it, or from the iteration before.
  std::vector<Datum> run_body(const Graph& body, std::vector<Datum> given) {
    for (std::size_t i = 0; i < given.size(); ++i) {
      Taint taint = taint_of(given[i]);
      if (!taint.is_finite()) taint.origin = latest_;
      taints_[body.inputs()[i]] = taint;
      values_[body.inputs()[i]] = std::move(given[i]);
    }
    for (const auto& value : body.initializers()) {
      if (values_.find(value.get()) != values_.end()) continue;
      values_[value.get()] = *value->data();
      see_source("initializer", *value);
    }
    for (const auto& node : body.nodes()) {
      evaluate(*node);
      see(*node);
    }
    std::vector<Datum> results;
    for (const Graph::Output& output : body.outputs()) results.push_back(values_.at(output.value));
    return results;
  }

  std::size_t add_finding(const Node& node, const std::vector<Value*>& read, const Value& output,
                          const Taint& after, std::size_t cause) {
    std::string from;
    for (std::size_t i = 0; i < std::min(read.size(), kShownInputs); ++i) {
      from += (i == 0 ? "" : ", ") + describe_value(*read[i], values_.at(read[i]));
    }
    if (read.size() > kShownInputs) from += fmt::format(" and {} more", read.size() - kShownInputs);
    findings_.push_back(
        {.text = fmt::format("{}{} made the first {}, in {}, from {}", path_, node.describe(),
                             after.has_nan ? "nan" : "infinite number",
                             describe_value(output, values_.at(&output)),
                             from.empty() ? "nothing" : from),
         .cause = cause,
         .node = &node,
         .has_nan = after.has_nan});
    return findings_.size() - 1;
  }

  std::unordered_map<const Value*, Datum> values_;
  std::unordered_map<const Value*, Taint> taints_;
  std::vector<Finding> findings_;
  std::string path_;                               // The nodes around the one at hand.
  std::size_t latest_ = kNone;                     // The finding that was last seen.
  std::size_t first_ = kNone, first_nan_ = kNone;  // See first_result.
};

/// The finding, those before it that it comes of first.
std::string history(const std::vector<Finding>& findings, std::size_t finding) {
  const Finding& last = findings[finding];
  if (last.cause == kNone) return last.text;
  return history(findings, last.cause) + "; of these " + last.text;
}

/// Runs a graph with all its values as outputs.
class GraphTrace {
 public:
  GraphTrace(const Graph& graph, std::span<const Datum> inputs, CompileOptions options)
      : graph_(graph.clone()), count_(graph.outputs().size()) {
    run_passes(*graph_, "remove-dead", {.verify = false});
    std::vector<const Value*> inner;
    for (const auto& node : graph_->nodes()) {
      for (std::size_t i = 0; i < node->output_count(); ++i) {
        Value* value = node->output(i);
        if (value == nullptr) continue;
        graph_->add_output(value->name(), value);
        inner.push_back(value);
      }
    }
    options.updates.clear();
    options.checks.clear();
    context_ = std::make_unique<Context>(std::make_shared<Executable>(graph_, std::move(options)));
    const std::span<const Datum> results = context_->run(inputs);
    for (std::size_t i = 0; i < inner.size(); ++i) values_[inner[i]] = results[count_ + i];
    for (std::size_t i = 0; i < inputs.size(); ++i) values_[graph_->inputs()[i]] = inputs[i];
  }

  std::optional<NonFiniteOrigin> find(std::size_t outputs) const {
    Tracer tracer(values_);
    tracer.see_sources(*graph_);
    for (const auto& node : graph_->nodes()) tracer.see(*node);
    std::size_t first = kNone;
    for (std::size_t i = 0; i < std::min(outputs, count_); ++i) {
      first = std::min(first, tracer.taint(graph_->outputs()[i].value).origin);
    }
    const auto& findings = tracer.findings();
    const bool is_in_outputs = first != kNone;
    if (!is_in_outputs) first = first_nan(findings);
    if (first == kNone) return std::nullopt;
    const Finding& finding = findings[first];
    const bool has_inside = finding.node != nullptr && !finding.node->sub_graphs().empty();
    const std::string inside = has_inside ? look_inside(finding) : "";
    return NonFiniteOrigin{inside.empty() ? history(findings, first) : inside, finding.source,
                           is_in_outputs};
  }

 private:
  static std::size_t first_nan(const std::vector<Finding>& findings) {
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [](const Finding& finding) { return finding.has_nan; });
    return found == findings.end() ? kNone : static_cast<std::size_t>(found - findings.begin());
  }

  /// What in a node's sub-graphs made the numbers; empty when evaluation makes none.
  std::string look_inside(const Finding& finding) const {
    Tracer tracer(values_);
    tracer.see_sources(*graph_);
    tracer.evaluate(*finding.node);
    const std::size_t first = tracer.first_result();
    return first == kNone ? "" : history(tracer.findings(), first);
  }

  std::shared_ptr<Graph> graph_;
  std::size_t count_;  // Outputs that the graph has itself.
  std::unique_ptr<Context> context_;
  std::unordered_map<const Value*, Datum> values_;
};

}  // namespace

std::optional<NonFiniteOrigin> find_non_finite(const Graph& graph, std::span<const Datum> inputs,
                                               const CompileOptions& options, std::size_t outputs) {
  return GraphTrace(graph, inputs, options).find(outputs);
}

}  // namespace gatefold
