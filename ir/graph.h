#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "ir/tensor.h"
#include "ir/type.h"
#include "ir/visits.h"

namespace gatefold {

class Graph;
class Node;
struct OpDef;

/// One place that reads a value: input number `index` of `user`.
struct Use {
  Node* user = nullptr;
  std::size_t index = 0;
};

/// A value: a graph input, a constant, a parameter or a node's result. It has one definition and
/// any number of uses, and is owned by its graph or its producer.
class Value {
 public:
  enum class Kind : std::int8_t {
    kInput,      ///< Given by the caller of the graph.
    kConstant,   ///< Never changes.
    kParameter,  ///< Has an initial value and may be trained.
    kResult,     ///< Output of a node.
  };

  Kind kind() const { return kind_; }
  bool has_data() const { return kind_ == Kind::kConstant || kind_ == Kind::kParameter; }
  /// Returns the numbers of a constant, or the initial ones of a parameter; nullptr for other
  /// kinds.
  const Tensor* data() const { return has_data() ? &data_ : nullptr; }
  /// Replaces the numbers of a constant or parameter, and with them its type.
  void set_data(Tensor data);

  /// Unique within the graph and the graphs around it; free text, as the model gave it.
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  const Type& type() const { return type_; }
  void set_type(Type type) { type_ = std::move(type); }

  /// Returns what is known of the elements of a result of shape arithmetic; see elements.h.
  const std::optional<std::vector<Element>>& elements() const { return elements_; }
  void set_elements(std::optional<std::vector<Element>> elements) {
    elements_ = std::move(elements);
  }

  /// True for a constant or parameter, and for what is computed from those alone: by a node that
  /// has inputs, draws nothing at random and holds no sub-graph.
  bool depends_on_weights_only() const { return depends_on_weights_only_; }

  /// Returns the node that has this as a result; nullptr for other kinds.
  Node* producer() const {
    visits::note();
    return producer_;
  }
  /// Returns the number of this output of the producer.
  std::size_t output_index() const { return output_index_; }
  /// Returns the graph that defines the value; its sub-graphs may use the value, too.
  Graph* graph() const { return graph_; }

  /// Returns every node input that reads this, in no particular order, without graph outputs.
  const std::vector<Use>& uses() const {
    visits::note();
    return uses_;
  }
  /// Returns how many graph outputs deliver this value.
  int output_uses() const { return output_uses_; }
  bool is_used() const { return !uses_.empty() || output_uses_ > 0; }

 private:
  friend class Graph;
  friend class Node;
  Value() = default;

  Kind kind_ = Kind::kResult;
  std::string name_;
  Type type_;
  Tensor data_;
  std::optional<std::vector<Element>> elements_;
  bool depends_on_weights_only_ = false;
  Node* producer_ = nullptr;
  std::size_t output_index_ = 0;
  Graph* graph_ = nullptr;
  std::vector<Use> uses_;
  int output_uses_ = 0;
  std::list<std::unique_ptr<Value>>::iterator position_;  // Of constants and parameters.
};

/// A sub-graph held as an attribute: the branch of an If, the body of a Loop or a Scan. Its nodes
/// may use values of the graphs around it directly.
using SubGraph = std::shared_ptr<Graph>;

using AttrValue = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>,
                               std::vector<float>, std::vector<std::string>, Tensor, SubGraph>;
using Attrs = std::map<std::string, AttrValue, std::less<>>;

/// A node: one operator applied to values. Optional inputs that are not given and outputs that
/// nobody wants are nullptr.
class Node {
 public:
  const OpDef& op() const { return *op_; }
  /// The name the model gave the node; may be empty.
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  Graph* graph() const { return graph_; }
  /// Describes the node for messages, "node 'gates' (Gemm)", by its first output if it has no name.
  std::string describe() const;

  std::size_t input_count() const { return inputs_.size(); }
  /// Returns input `index`, or nullptr if it is missing; any index is allowed.
  Value* input(std::size_t index) const {
    visits::note();
    return index < inputs_.size() ? inputs_[index] : nullptr;
  }
  /// Makes input `index` read `value`; the list of inputs grows with nullptr up to it.
  void set_input(std::size_t index, Value* value);
  /// Removes the inputs from `count` on.
  void truncate_inputs(std::size_t count);
  /// Removes input `index`; later ones move up.
  void erase_input(std::size_t index);
  const std::vector<Value*>& inputs() const {
    visits::note();
    return inputs_;
  }

  std::size_t output_count() const { return outputs_.size(); }
  Value* output(std::size_t index = 0) const {
    return index < outputs_.size() ? outputs_[index].get() : nullptr;
  }
  /// Declares output `index` unwanted; it must have no uses.
  void drop_output(std::size_t index);
  /// Removes output `index`, which must have no uses; later ones move up.
  void erase_output(std::size_t index);

  const Attrs& attrs() const { return attrs_; }
  bool has_attr(std::string_view name) const { return attrs_.find(name) != attrs_.end(); }
  void set_attr(std::string name, AttrValue value) { attrs_[std::move(name)] = std::move(value); }
  void erase_attr(std::string_view name);
  /// Returns the attribute as given, else the default of the OpDef, else nullptr.
  const AttrValue* find_attr(std::string_view name) const;

  /// Return an attribute that is given or has a default; assert otherwise.
  std::int64_t attr_int(std::string_view name) const;
  float attr_float(std::string_view name) const;
  const std::string& attr_string(std::string_view name) const;
  const Tensor& attr_tensor(std::string_view name) const;
  Graph& attr_graph(std::string_view name) const;
  /// Lists are empty when the attribute is neither given nor has a default.
  const std::vector<std::int64_t>& attr_ints(std::string_view name) const;
  const std::vector<float>& attr_floats(std::string_view name) const;
  const std::vector<std::string>& attr_strings(std::string_view name) const;

  /// Returns the sub-graphs among the attributes, in the order of their names.
  std::vector<Graph*> sub_graphs() const;

 private:
  friend class Graph;
  Node() = default;
  void resize_inputs(std::size_t count);
  void connect(std::size_t index, Value* value);
  void disconnect(std::size_t index);
  bool makes_weights() const;
  /// Updates whether the outputs, and what is computed from them, depend on weights only.
  void update_outputs();

  const OpDef* op_ = nullptr;
  std::string name_;
  Graph* graph_ = nullptr;
  std::vector<Value*> inputs_;
  std::vector<std::size_t> use_positions_;  // Of each input in its value's uses_.
  std::size_t given_inputs_ = 0;            // Those that are connected,
  std::size_t open_inputs_ = 0;             // and those of them that depend on more than weights.
  std::vector<std::unique_ptr<Value>> outputs_;
  Attrs attrs_;
  std::list<std::unique_ptr<Node>>::iterator position_;
};

/// A graph of nodes in topological order. It owns its nodes and values. Node and Value pointers
/// stay valid until the node or value is erased.
class Graph {
 public:
  /// A result of the graph: the name callers know, and the value delivered under it.
  struct Output {
    std::string name;
    Value* value = nullptr;
  };
  /// Which value of a cloned graph became which of the copy.
  using ValueMap = std::unordered_map<const Value*, Value*>;

  explicit Graph(std::string name = "graph", Graph* outer = nullptr)
      : name_(std::move(name)), outer_(outer) {}
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  /// Returns the graph whose node holds this one; nullptr for the main graph.
  Graph* outer() const { return outer_; }

  Value* add_input(std::string name, Type type);
  Value* add_constant(std::string name, Tensor data);
  Value* add_parameter(std::string name, Tensor data);
  void add_output(std::string name, Value* value);
  void set_output(std::size_t index, Value* value);
  /// Removes output `index`; later ones move up.
  void erase_output(std::size_t index);
  /// Removes an input, constant or parameter that has no uses.
  void erase_value(Value* value);

  const std::vector<Value*>& inputs() const { return inputs_; }
  /// Returns the constants and parameters in the order in which they were added.
  const std::list<std::unique_ptr<Value>>& initializers() const { return initializers_; }
  const std::vector<Output>& outputs() const { return outputs_; }

  /// Adds a node before `before` (nullptr: at the end). One output per name; an empty name makes no
  /// output. Types are set by infer_types (infer.h).
  Node* add_node(const OpDef& op, const std::vector<Value*>& inputs,
                 const std::vector<std::string>& output_names, Attrs attrs = {},
                 Node* before = nullptr);
  /// Removes a node whose outputs have no uses.
  void erase_node(Node* node);
  /// Moves a node of this graph before another one.
  void move_before(Node* node, Node* position);

  /// Makes every use of `value`, graph outputs included, use `replacement` instead.
  void replace_all_uses(Value* value, Value* replacement);

  std::size_t node_count() const { return nodes_.size(); }
  /// Returns the nodes in order. To erase while iterating, take the next iterator first.
  const std::list<std::unique_ptr<Node>>& nodes() const { return nodes_; }

  /// Reorders the nodes so that each stands after what it reads, keeping the present order where it
  /// can. Throws Error when there is a cycle.
  void sort_topologically();

  /// Makes a name based on `base` that no value of this graph or of the graphs around and inside it
  /// has. Deterministic: base, base_1, base_2, ...
  std::string unique_name(std::string_view base);

  /// Makes a deep copy, sub-graphs included. Values of outer graphs are looked up in `map` first
  /// and kept if they are not in it. Tensors are shared. Adds the copies of values to `map`.
  std::shared_ptr<Graph> clone(Graph* outer, ValueMap& map) const;
  std::shared_ptr<Graph> clone() const;

 private:
  Value* add_value(Value::Kind kind, std::string name);
  Graph& outermost();
  /// Records for unique_name that a name is taken.
  void note_name(const std::string& name);

  std::string name_;
  Graph* outer_ = nullptr;
  std::vector<std::unique_ptr<Value>> input_values_;
  std::vector<Value*> inputs_;
  std::list<std::unique_ptr<Value>> initializers_;
  std::vector<Output> outputs_;
  std::list<std::unique_ptr<Node>> nodes_;
  std::unordered_map<std::string, int> next_suffix_;  // Of the outermost graph only.
};

/// Returns the values that the sub-graphs of a node read from the graphs around them, each once, in
/// order of first use. They are inputs of the node like those that it lists.
std::vector<Value*> captured_values(const Node& node);

/// One stage of training as a model file describes it: ONNX's TrainingInfoProto. A step of training
/// runs the algorithms of all stages in turn and stores their outputs in initializers.
struct TrainingStage {
  /// Which output is stored in which initializer, of the algorithm or of the model's graph.
  struct Binding {
    std::string initializer;
    std::string output;
  };

  /// Has no inputs; it is run once, before the first step.
  std::shared_ptr<Graph> initialization = std::make_shared<Graph>("initialization");
  std::vector<Binding> initialization_bindings;

  /// Its first `captured` inputs are values of the model's graph, by the names they have there.
  std::shared_ptr<Graph> algorithm = std::make_shared<Graph>("algorithm");
  std::size_t captured = 0;
  /// An output may also be one of the model's.
  std::vector<Binding> update_bindings;
};

/// A model: its graph, and what its file says beside it.
struct Model {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  std::vector<TrainingStage> training;
  std::string path;        ///< The file that it was read from; for messages.
  std::string producer;    ///< Name and version of the exporter.
  std::int64_t opset = 0;  ///< Version of the default domain as stated in the file.
  std::int64_t ir_version = 0;
  std::map<std::string, std::string> metadata;
};

}  // namespace gatefold
