#include "ir/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <queue>
#include <unordered_set>

#include "ir/error.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

template <typename T>
const std::vector<T>& attr_list(const AttrValue* value) {
  static const std::vector<T> none;
  return value == nullptr ? none : std::get<std::vector<T>>(*value);
}

}  // namespace

void Value::set_data(Tensor data) {
  assert(has_data());
  type_ = data.type();
  data_ = std::move(data);
}

std::string Node::describe() const {
  if (!name_.empty()) return fmt::format("node '{}' ({})", name_, op_->name);
  for (const auto& value : outputs_) {
    if (value) return fmt::format("node of output '{}' ({})", value->name(), op_->name);
  }
  return fmt::format("node ({})", op_->name);
}

void Node::resize_inputs(std::size_t count) {
  inputs_.resize(count);
  use_positions_.resize(count);
}

void Node::connect(std::size_t index, Value* value) {
  inputs_[index] = value;
  if (value == nullptr) return;
  use_positions_[index] = value->uses_.size();
  value->uses_.push_back({this, index});
  ++given_inputs_;
  open_inputs_ += value->depends_on_weights_only_ ? 0 : 1;
}

void Node::disconnect(std::size_t index) {
  Value* value = inputs_[index];
  if (value == nullptr) return;
  const Use moved = value->uses_.back();
  value->uses_[use_positions_[index]] = moved;
  moved.user->use_positions_[moved.index] = use_positions_[index];
  value->uses_.pop_back();
  --given_inputs_;
  open_inputs_ -= value->depends_on_weights_only_ ? 0 : 1;
  inputs_[index] = nullptr;
}

bool Node::makes_weights() const {
  return given_inputs_ > 0 && open_inputs_ == 0 && !op_->is_random && sub_graphs().empty();
}

void Node::update_outputs() {
  std::vector<Node*> changed{this};
  while (!changed.empty()) {
    Node& node = *changed.back();
    changed.pop_back();
    const bool makes_weights = node.makes_weights();
    for (const auto& output : node.outputs_) {
      if (output == nullptr || output->depends_on_weights_only_ == makes_weights) continue;
      output->depends_on_weights_only_ = makes_weights;
      for (const Use& use : output->uses_) {
        makes_weights ? --use.user->open_inputs_ : ++use.user->open_inputs_;
        changed.push_back(use.user);
      }
    }
  }
}

void Node::set_input(std::size_t index, Value* value) {
  if (index >= inputs_.size()) resize_inputs(index + 1);
  disconnect(index);
  connect(index, value);
  update_outputs();
}

void Node::truncate_inputs(std::size_t count) {
  while (inputs_.size() > count) {
    disconnect(inputs_.size() - 1);
    resize_inputs(inputs_.size() - 1);
  }
  update_outputs();
}

void Node::erase_input(std::size_t index) {
  if (index >= inputs_.size()) return;
  for (std::size_t i = index; i + 1 < inputs_.size(); ++i) set_input(i, inputs_[i + 1]);
  truncate_inputs(inputs_.size() - 1);
}

void Node::drop_output(std::size_t index) {
  assert(output(index) == nullptr || !output(index)->is_used());
  if (index < outputs_.size()) outputs_[index].reset();
  while (!outputs_.empty() && outputs_.back() == nullptr) outputs_.pop_back();
}

void Node::erase_output(std::size_t index) {
  assert(output(index) == nullptr || !output(index)->is_used());
  if (index >= outputs_.size()) return;
  outputs_.erase(outputs_.begin() + static_cast<std::ptrdiff_t>(index));
  for (std::size_t i = index; i < outputs_.size(); ++i) {
    if (outputs_[i] != nullptr) outputs_[i]->output_index_ = i;
  }
}

void Node::erase_attr(std::string_view name) {
  const auto found = attrs_.find(name);
  if (found != attrs_.end()) attrs_.erase(found);
}

const AttrValue* Node::find_attr(std::string_view name) const {
  const auto found = attrs_.find(name);
  if (found != attrs_.end()) return &found->second;
  const AttrDef* definition = op_->find_attr(name);
  return definition != nullptr && definition->default_value ? &*definition->default_value : nullptr;
}

std::int64_t Node::attr_int(std::string_view name) const {
  return std::get<std::int64_t>(*find_attr(name));
}
float Node::attr_float(std::string_view name) const { return std::get<float>(*find_attr(name)); }
const std::string& Node::attr_string(std::string_view name) const {
  return std::get<std::string>(*find_attr(name));
}
const Tensor& Node::attr_tensor(std::string_view name) const {
  return std::get<Tensor>(*find_attr(name));
}
Graph& Node::attr_graph(std::string_view name) const {
  return *std::get<SubGraph>(*find_attr(name));
}
const std::vector<std::int64_t>& Node::attr_ints(std::string_view name) const {
  return attr_list<std::int64_t>(find_attr(name));
}
const std::vector<float>& Node::attr_floats(std::string_view name) const {
  return attr_list<float>(find_attr(name));
}
const std::vector<std::string>& Node::attr_strings(std::string_view name) const {
  return attr_list<std::string>(find_attr(name));
}

std::vector<Graph*> Node::sub_graphs() const {
  std::vector<Graph*> graphs;
  for (const auto& [name, value] : attrs_) {
    if (const auto* graph = std::get_if<SubGraph>(&value)) graphs.push_back(graph->get());
  }
  return graphs;
}

Graph::~Graph() {
  // Users go before what they use, so that no node disconnects from a value that is gone.
  for (Output& output : outputs_) --output.value->output_uses_;
  while (!nodes_.empty()) {
    Node& last = *nodes_.back();
    last.attrs_.clear();
    last.truncate_inputs(0);
    nodes_.pop_back();
  }
}

Value* Graph::add_value(Value::Kind kind, std::string name) {
  std::unique_ptr<Value> value(new Value);
  value->kind_ = kind;
  value->name_ = std::move(name);
  value->graph_ = this;
  note_name(value->name_);
  Value* raw = value.get();
  if (kind == Value::Kind::kInput) {
    input_values_.push_back(std::move(value));
    inputs_.push_back(raw);
  } else {
    raw->depends_on_weights_only_ = true;
    raw->position_ = initializers_.insert(initializers_.end(), std::move(value));
  }
  return raw;
}

Value* Graph::add_input(std::string name, Type type) {
  Value* value = add_value(Value::Kind::kInput, std::move(name));
  value->set_type(std::move(type));
  return value;
}

Value* Graph::add_constant(std::string name, Tensor data) {
  Value* value = add_value(Value::Kind::kConstant, std::move(name));
  value->set_data(std::move(data));
  return value;
}

Value* Graph::add_parameter(std::string name, Tensor data) {
  Value* value = add_value(Value::Kind::kParameter, std::move(name));
  value->set_data(std::move(data));
  return value;
}

void Graph::add_output(std::string name, Value* value) {
  ++value->output_uses_;
  outputs_.push_back({std::move(name), value});
}

void Graph::set_output(std::size_t index, Value* value) {
  --outputs_[index].value->output_uses_;
  ++value->output_uses_;
  outputs_[index].value = value;
}

void Graph::erase_output(std::size_t index) {
  --outputs_[index].value->output_uses_;
  outputs_.erase(outputs_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Graph::erase_value(Value* value) {
  assert(!value->is_used() && value->producer_ == nullptr && value->graph_ == this);
  if (value->has_data()) {
    initializers_.erase(value->position_);
    return;
  }
  std::erase(inputs_, value);
  std::erase_if(input_values_, [&](const auto& owned) { return owned.get() == value; });
}

Node* Graph::add_node(const OpDef& op, const std::vector<Value*>& inputs,
                      const std::vector<std::string>& output_names, Attrs attrs, Node* before) {
  std::unique_ptr<Node> node(new Node);
  node->op_ = &op;
  node->graph_ = this;
  node->attrs_ = std::move(attrs);
  node->resize_inputs(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) node->connect(i, inputs[i]);
  for (std::size_t i = 0; i < output_names.size(); ++i) {
    std::unique_ptr<Value> value;
    if (!output_names[i].empty()) {
      value.reset(new Value);
      value->name_ = output_names[i];
      value->producer_ = node.get();
      value->output_index_ = i;
      value->graph_ = this;
      note_name(value->name_);
    }
    node->outputs_.push_back(std::move(value));
  }
  node->update_outputs();
  Node* raw = node.get();
  raw->position_ =
      nodes_.insert(before == nullptr ? nodes_.end() : before->position_, std::move(node));
  return raw;
}

void Graph::erase_node(Node* node) {
  assert(node->graph_ == this);
  for (const auto& output : node->outputs_) {
    assert(output == nullptr || !output->is_used());
    static_cast<void>(output);
  }
  node->attrs_.clear();
  node->truncate_inputs(0);
  nodes_.erase(node->position_);
}

void Graph::move_before(Node* node, Node* position) {
  nodes_.splice(position->position_, nodes_, node->position_);
}

void Graph::replace_all_uses(Value* value, Value* replacement) {
  assert(value != replacement);
  while (!value->uses_.empty()) {
    const Use use = value->uses_.back();
    use.user->set_input(use.index, replacement);
  }
  // A sub-graph may deliver a value of an outer graph as its own output.
  std::vector<Graph*> pending{value->graph_};
  while (!pending.empty() && value->output_uses_ > 0) {
    Graph* graph = pending.back();
    pending.pop_back();
    for (std::size_t i = 0; i < graph->outputs_.size(); ++i) {
      if (graph->outputs_[i].value == value) graph->set_output(i, replacement);
    }
    for (const auto& node : graph->nodes_) {
      for (Graph* inner : node->sub_graphs()) pending.push_back(inner);
    }
  }
}

void Graph::sort_topologically() {
  std::unordered_map<const Node*, std::size_t> order;
  std::vector<Node*> all;
  for (const auto& node : nodes_) {
    order[node.get()] = all.size();
    all.push_back(node.get());
  }
  std::vector<std::size_t> waiting(all.size(), 0);
  std::vector<std::vector<std::size_t>> readers(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<Value*> reads = all[i]->inputs();
    for (Value* value : captured_values(*all[i])) reads.push_back(value);
    for (const Value* value : reads) {
      if (value == nullptr || value->graph() != this || value->producer() == nullptr) continue;
      readers[order.at(value->producer())].push_back(i);
      ++waiting[i];
    }
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (waiting[i] == 0) ready.push(i);
  }
  std::size_t sorted = 0;
  for (; !ready.empty(); ++sorted) {
    const std::size_t next = ready.top();
    ready.pop();
    nodes_.splice(nodes_.end(), nodes_, all[next]->position_);
    for (const std::size_t reader : readers[next]) {
      if (--waiting[reader] == 0) ready.push(reader);
    }
  }
  if (sorted == all.size()) return;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (waiting[i] > 0) fail("{}: the graph has a cycle through this node", all[i]->describe());
  }
}

Graph& Graph::outermost() {
  Graph* graph = this;
  while (graph->outer_ != nullptr) graph = graph->outer_;
  return *graph;
}

void Graph::note_name(const std::string& name) {
  auto& names = outermost().next_suffix_;
  if (!names.empty()) names.emplace(name, 0);
}

namespace {

void collect_names(const Graph& graph, std::unordered_map<std::string, int>& names) {
  for (const Value* input : graph.inputs()) names.emplace(input->name(), 0);
  for (const auto& value : graph.initializers()) names.emplace(value->name(), 0);
  for (const Graph::Output& output : graph.outputs()) names.emplace(output.name, 0);
  for (const auto& node : graph.nodes()) {
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      if (node->output(i) != nullptr) names.emplace(node->output(i)->name(), 0);
    }
    for (const Graph* inner : node->sub_graphs()) collect_names(*inner, names);
  }
}

}  // namespace

std::string Graph::unique_name(std::string_view base) {
  auto& names = outermost().next_suffix_;
  if (names.empty()) collect_names(outermost(), names);
  auto [entry, is_new] = names.emplace(std::string(base), 0);
  if (is_new) return entry->first;
  for (;;) {
    std::string candidate = fmt::format("{}_{}", base, ++names[std::string(base)]);
    if (names.emplace(candidate, 0).second) return candidate;
  }
}

namespace {

bool is_inside(const Graph* graph, const std::vector<Graph*>& bodies) {
  for (; graph != nullptr; graph = graph->outer()) {
    if (std::find(bodies.begin(), bodies.end(), graph) != bodies.end()) return true;
  }
  return false;
}

}  // namespace

std::vector<Value*> captured_values(const Node& node) {
  std::vector<Value*> captured;
  std::unordered_set<const Value*> seen;
  const std::vector<Graph*> bodies = node.sub_graphs();
  const auto read = [&](Value* value) {
    if (value == nullptr || is_inside(value->graph(), bodies)) return;
    if (seen.insert(value).second) captured.push_back(value);
  };
  for (const Graph* body : bodies) {
    for (const auto& inner : body->nodes()) {
      for (Value* value : inner->inputs()) read(value);
      for (Value* value : captured_values(*inner)) read(value);
    }
    for (const Graph::Output& output : body->outputs()) read(output.value);
  }
  return captured;
}

std::shared_ptr<Graph> Graph::clone() const {
  ValueMap map;
  return clone(outer_, map);
}

std::shared_ptr<Graph> Graph::clone(Graph* outer, ValueMap& map) const {
  auto copy = std::make_shared<Graph>(name_, outer);
  const auto mapped = [&](Value* value) {
    const auto found = map.find(value);
    return found == map.end() ? value : found->second;
  };
  for (const Value* input : inputs_) {
    map[input] = copy->add_input(input->name(), input->type());
  }
  for (const auto& value : initializers_) {
    Value* twin = copy->add_value(value->kind(), value->name());
    twin->data_ = value->data_;
    twin->type_ = value->type_;
    map[value.get()] = twin;
  }
  for (const auto& node : nodes_) {
    std::vector<Value*> inputs;
    for (Value* value : node->inputs()) inputs.push_back(mapped(value));
    std::vector<std::string> names;
    for (const auto& output : node->outputs_) names.push_back(output ? output->name() : "");
    Attrs attrs = node->attrs_;
    for (auto& [name, value] : attrs) {
      if (auto* inner = std::get_if<SubGraph>(&value)) *inner = (*inner)->clone(copy.get(), map);
    }
    Node* twin = copy->add_node(*node->op_, inputs, names, std::move(attrs));
    twin->name_ = node->name_;
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      if (node->output(i) == nullptr) continue;
      twin->output(i)->type_ = node->output(i)->type_;
      twin->output(i)->elements_ = node->output(i)->elements_;
      map[node->output(i)] = twin->output(i);
    }
  }
  for (const Output& output : outputs_) copy->add_output(output.name, mapped(output.value));
  return copy;
}

}  // namespace gatefold
