#include <algorithm>
#include <cmath>

#include "ir/op_def.h"
#include "ir/ops/recurrent.h"
#include "passes/passes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

bool are_finite(const Tensor& tensor) {
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    if (!std::isfinite(tensor.number_at(i))) return false;
  }
  return true;
}

bool fills_with_zero(const Node& node) {
  const AttrValue* fill = node.find_attr("value");
  return fill == nullptr || std::get<Tensor>(*fill).number_at(0) == 0;
}

/// An operator that gives zeros where its inputs from `first` up to `end` are zero.
struct ZeroRule {
  std::string_view op;
  std::size_t first = 0;
  std::size_t end = 1;
};

constexpr std::size_t kAll = static_cast<std::size_t>(-1);

constexpr ZeroRule kZeroRules[] = {
    {"Abs"},     {"Add", 0, 2}, {"Cast"},      {"CastLike"},  {"Concat", 0, kAll}, {"Expand"},
    {"Flatten"}, {"Gather"},    {"Identity"},  {"Neg"},       {"ReduceSum"},       {"Relu"},
    {"Reshape"}, {"Slice"},     {"Split"},     {"Squeeze"},   {"Sub", 0, 2},       {"Sum", 0, kAll},
    {"Tanh"},    {"Tile"},      {"Transpose"}, {"Unsqueeze"}, {"Where", 1, 3},
};

/// Tells which values surely are zero in all elements, however they are spelled.
class ZeroFinder {
 public:
  explicit ZeroFinder(const PassContext& context) : context_(context) {}

  bool is_zero(const Value* value) {
    if (is_filled_with(value, 0, context_)) return true;
    const Node* node = value->producer();
    if (node == nullptr || !node->op().domain.empty() || --steps_left_ < 0) return false;
    const std::string_view op = node->op().name;
    if (op == "ConstantOfShape") return fills_with_zero(*node);
    if (op == "Mul") return is_zero_product(*node);
    const auto* rule = std::find_if(std::begin(kZeroRules), std::end(kZeroRules),
                                    [&](const ZeroRule& candidate) { return candidate.op == op; });
    if (rule == std::end(kZeroRules)) return false;
    for (std::size_t i = rule->first; i < std::min(rule->end, node->input_count()); ++i) {
      if (!is_zero(node->input(i))) return false;
    }
    return true;
  }

 private:
  // Zero times a number; times data it may be NaN.
  bool is_zero_product(const Node& node) {
    for (const std::size_t side : {0, 1}) {
      const Value* other = node.input(1 - side);
      const Tensor* factor = context_.constant(other);
      const bool is_finite = factor != nullptr ? are_finite(*factor) : is_zero(other);
      if (is_finite && is_zero(node.input(side))) return true;
    }
    return false;
  }

  const PassContext& context_;
  int steps_left_ = 256;  // What takes more to spell is taken for data.
};

// A recurrence from zeros -> one without initial state, which starts from zeros as well
std::optional<Replacement> drop(Node& node, Rewriter& rewriter) {
  std::vector<Value*> inputs = node.inputs();
  bool drops = false;
  for (const std::size_t port : {recurrent_input::kInitialH, recurrent_input::kInitialC}) {
    const bool is_state = port < inputs.size() && inputs[port] != nullptr &&
                          (port == recurrent_input::kInitialH || node.op().name == "LSTM");
    if (!is_state || !ZeroFinder(rewriter.context()).is_zero(inputs[port])) continue;
    inputs[port] = nullptr;
    drops = true;
  }
  if (!drops) return std::nullopt;
  while (inputs.back() == nullptr) inputs.pop_back();
  Node* stateless =
      rewriter.add_node(node.op().name, inputs, node.op().outputs.size(), node.attrs());
  stateless->set_name(node.name());
  Replacement replacement;
  for (std::size_t i = 0; i < stateless->output_count(); ++i) {
    if (node.output(i) == nullptr) stateless->drop_output(i);
    replacement.push_back(stateless->output(i));
  }
  return replacement;
}

constexpr Rule kRules[] = {
    {"of-lstm", "LSTM", drop}, {"of-gru", "GRU", drop}, {"of-rnn", "RNN", drop}};

}  // namespace

bool drop_zero_states(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
