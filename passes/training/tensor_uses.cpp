#include "passes/training/tensor_uses.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "ir/op_def.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {
namespace {

using Role = TensorUse::Role;

bool is_one_of(const Node& node, std::initializer_list<std::string_view> names) {
  return node.op().domain.empty() &&
         std::find(names.begin(), names.end(), node.op().name) != names.end();
}

bool is_product(const Node& node) {
  return is_one_of(node, {"Conv", "ConvTranspose", "Gemm", "MatMul"});
}

bool is_recurrent(const Node& node) { return is_one_of(node, {"GRU", "LSTM", "RNN"}); }

bool is_sum(const Node& node) { return is_one_of(node, {"Add", "Sub", "Sum"}); }

bool is_elementwise(const Node& node) {
  return is_sum(node) || is_one_of(node, {"Div", "Max", "Mean", "Min", "Mul", "Pow", "Where"});
}

bool is_look_up(const Node& node) {
  return is_one_of(node, {"Gather", "GatherElements", "GatherND"});
}

/// Puts elements of its first input elsewhere, wherever its other inputs say.
bool is_move(const Node& node) {
  return is_look_up(node) || is_one_of(node, {"Cast", "CastLike", "Dropout", "Expand", "Flatten",
                                              "Identity", "Pad", "Reshape", "Slice", "Split",
                                              "Squeeze", "Tile", "Transpose", "Unsqueeze"});
}

/// Inputs of operators that say what a tensor there is.
struct PortRole {
  std::string_view op;
  std::size_t first, last;
  Role role;
};

constexpr PortRole kPortRoles[] = {
    {"Attention", 3, 3, Role::kElementwise},
    {"BatchNormalization", 1, 2, Role::kNormalization},
    {"BatchNormalization", 3, 4, Role::kStatistic},
    {"GRU", 5, 5, Role::kState},
    {"GroupNormalization", 1, 2, Role::kNormalization},
    {"InstanceNormalization", 1, 2, Role::kNormalization},
    {"LSTM", 5, 6, Role::kState},
    {"LayerNormalization", 1, 2, Role::kNormalization},
    {"RMSNormalization", 1, 1, Role::kNormalization},
    {"RNN", 5, 5, Role::kState},
    {"ScatterElements", 0, 0, Role::kState},
    {"ScatterND", 0, 0, Role::kState},
};

const PortRole* find_port_role(const Node& node, std::size_t index) {
  const auto* found =
      std::find_if(std::begin(kPortRoles), std::end(kPortRoles), [&](const PortRole& row) {
        return node.op().domain.empty() && row.op == node.op().name && row.first <= index &&
               index <= row.last;
      });
  return found == std::end(kPortRoles) ? nullptr : found;
}

/// One entry for each entry of the other operands, those of the batch included.
bool has_extents_of_others(const Node& node, std::size_t index) {
  const Type& own = node.input(index)->type();
  if (!own.has_rank() || own.rank() < 2) return false;
  for (const Value* other : node.inputs()) {
    const Type& type = other->type();
    if (!type.has_rank() || type.rank() != own.rank()) return false;
    for (std::size_t i = 0; i < own.shape->size(); ++i) {
      const Dim& extent = (*own.shape)[i];
      const bool are_open = extent == Dim() && (*type.shape)[i] == Dim();
      if (!extent.same_as((*type.shape)[i]) && !are_open) return false;
    }
  }
  return true;
}

/// A gate multiplies a state, and a new state is the difference from an old one or what is added to
/// that; a hand-made cell puts its state beside its input. Weights are added to what has more
/// extents, or multiply it. What the file holds as a Constant of rows is no weight.
bool takes_state(const Node& node, std::size_t index, bool is_constant) {
  const Type& type = node.input(index)->type();
  const bool has_rows = type.has_rank() && type.rank() > 1;
  if (is_constant && is_one_of(node, {"Add", "Concat", "Mul", "Sub"})) return has_rows;
  if (is_one_of(node, {"Mul", "Sub"})) return has_extents_of_others(node, index);
  const std::int64_t axis = is_one_of(node, {"Concat"}) ? node.attr_int("axis") : 0;
  return has_rows && (axis == -1 || axis == type.rank() - 1);
}

bool is_weight_like(const Value& value) {
  const Type& type = value.type();
  if (!type.is_tensor() || !is_float(type.dtype)) return false;
  return !type.is_static() || element_count(type.dims()) > 1;
}

}  // namespace

TensorUseSearch::TensorUseSearch(const Graph& graph, const SubGraphMap& sub_graphs,
                                 const std::unordered_set<const Value*>& on_path)
    : sub_graphs_(sub_graphs), on_path_(on_path) {
  find_fixed(graph);
}

void TensorUseSearch::find_fixed(const Graph& graph) {
  for (const auto& value : graph.initializers()) fixed_.insert(value.get());
  for (const auto& node : graph.nodes()) {
    const std::vector<Graph*> inner = node->sub_graphs();
    for (const Graph* sub_graph : inner) find_fixed(*sub_graph);
    const std::vector<Value*>& inputs = node->inputs();
    const bool are_fixed = std::all_of(inputs.begin(), inputs.end(),
                                       [this](const Value* input) { return is_fixed(input); });
    if (!are_fixed || !inner.empty() || node->op().is_random) continue;
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      if (node->output(i) != nullptr) fixed_.insert(node->output(i));
    }
  }
}

std::vector<TensorUse> TensorUseSearch::uses_of(const Value& tensor) {
  seen_.clear();
  uses_.clear();
  is_constant_ = tensor.kind() == Value::Kind::kConstant;
  follow(&tensor, {});
  return uses_;
}

void TensorUseSearch::follow(const Value* value, Trail trail) {
  if (value == nullptr || !on_path_.contains(value) || !seen_.insert(value).second) return;
  for (const Use& use : value->uses()) visit(*use.user, use.index, trail);
  const auto deliveries = sub_graphs_.deliveries.find(value);
  if (deliveries == sub_graphs_.deliveries.end()) return;
  for (const SubGraphMap::Delivery& delivery : deliveries->second) {
    if (!is_loop(*delivery.node)) follow(delivery.node->output(delivery.index), trail);
  }
}

void TensorUseSearch::follow_outputs(const Node& node, Trail trail) {
  for (std::size_t i = 0; i < node.output_count(); ++i) follow(node.output(i), trail);
}

void TensorUseSearch::visit(Node& node, std::size_t index, Trail trail) {
  bool is_on_path = false;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    is_on_path = is_on_path || on_path_.contains(node.output(i));
  }
  if (!is_on_path || !flows_to_input(node, index)) return;
  if (const PortRole* row = find_port_role(node, index)) return add(node, index, row->role);
  if (is_loop(node) && visit_loop(node, index, trail)) return;
  if (trail.look_up) return visit_behind_look_up(node, index, trail);
  const bool are_fixed = node.sub_graphs().empty() && are_others_fixed(node, index);
  if (!are_fixed && is_look_up(node) && index == 0) {
    add(node, index, Role::kLookUp);
    return follow_outputs(node, {.product = trail.product, .look_up = true});
  }
  if (are_fixed || (is_move(node) && index == 0)) {
    trail.product = trail.product || (is_product(node) && index < 2);
    return follow_outputs(node, trail);
  }
  const bool is_gemm = is_one_of(node, {"Gemm"});
  const bool is_row = is_gemm && index == 0 && is_fixed(node.input(1));
  if (is_row || takes_state(node, index, is_constant_)) return add(node, index, Role::kState);
  const bool is_summand = is_elementwise(node) || (is_gemm && index == 2);
  const Role sum = trail.product ? Role::kState : Role::kElementwise;
  add(node, index, is_summand ? sum : Role::kOther);
}

// What a loop carries unchanged is used by the nodes of its body.
bool TensorUseSearch::visit_loop(Node& node, std::size_t index, Trail trail) {
  const LoopView loop(node);
  if (index < loop.first_carried()) return false;
  const std::size_t state = index - loop.first_carried();
  if (state >= loop.carried_count()) {
    follow(loop.body().inputs()[index], trail);
  } else if (behind_identities(loop.next(state)) == loop.state(state)) {
    follow(loop.state(state), trail);
    follow(loop.final_value(state), trail);
  } else {
    add(node, index, Role::kState);
  }
  return true;
}

void TensorUseSearch::visit_behind_look_up(const Node& node, std::size_t index, Trail trail) {
  if (is_move(node) && index == 0) return follow_outputs(node, trail);
  if (is_elementwise(node)) add(node, index, Role::kElementwise);
}

void TensorUseSearch::add(const Node& node, std::size_t index, Role role) {
  uses_.push_back({&node, role, layer_of(node, index)});
}

bool TensorUseSearch::are_others_fixed(const Node& node, std::size_t index) const {
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (i != index && !is_fixed(node.input(i))) return false;
  }
  return true;
}

const void* TensorUseSearch::layer_of(const Node& node, std::size_t index) const {
  const Value* weight = nullptr;
  if (is_product(node) || is_recurrent(node)) weight = weight_among(node, index);
  constexpr int kMostSums = 4;
  for (std::size_t i = 0; is_sum(node) && weight == nullptr && i < node.input_count(); ++i) {
    if (i != index) weight = product_weight(node.input(i), kMostSums);
  }
  return weight != nullptr ? static_cast<const void*>(weight) : &node;
}

/// Of the product that a value is, or is the sum of with other values.
const Value* TensorUseSearch::product_weight(const Value* value, int depth) const {
  const Node* node = value == nullptr ? nullptr : value->producer();
  if (node == nullptr || depth == 0) return nullptr;
  if (is_product(*node)) return weight_among(*node, node->input_count());
  const Value* weight = nullptr;
  for (std::size_t i = 0; is_sum(*node) && weight == nullptr && i < node->input_count(); ++i) {
    weight = product_weight(node->input(i), depth - 1);
  }
  return weight;
}

const Value* TensorUseSearch::weight_among(const Node& node, std::size_t except) const {
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const Value* value = node.input(i);
    if (i == except || value == nullptr || !is_fixed(value) || !is_weight_like(*value)) continue;
    while (value->producer() != nullptr && value->producer()->input(0) != nullptr) {
      value = value->producer()->input(0);
    }
    return value;
  }
  return nullptr;
}

}  // namespace gatefold
