#include "passes/rewriting/rewrite.h"

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "ir/infer.h"
#include "ir/op_def.h"
#include "passes/rewriting/graph_builder.h"

namespace gatefold {

const Tensor* PassContext::constant(const Value* value) const {
  if (value == nullptr || (training && value->kind() == Value::Kind::kParameter)) return nullptr;
  return value->data();
}

namespace {

// Whatever is known of both types must agree.
bool are_compatible(const Type& a, const Type& b) {
  if (a.kind != b.kind) return false;
  if (!a.is_tensor()) return are_compatible(*a.element, *b.element);
  if (a.dtype != b.dtype) return false;
  if (!a.has_rank() || !b.has_rank()) return true;
  return a.rank() == b.rank() && std::equal(a.shape->begin(), a.shape->end(), b.shape->begin(),
                                            [](const Dim& x, const Dim& y) {
                                              return !x.is_known() || !y.is_known() ||
                                                     x.size() == y.size();
                                            });
}

bool are_equal(const AttrValue& a, const AttrValue& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&b]<typename T>(const T& value) {
        if constexpr (std::is_same_v<T, Tensor> || std::is_same_v<T, SubGraph>) {
          return false;
        } else {
          return value == std::get<T>(b);
        }
      },
      a);
}

bool is_dead(const Node& node) {
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr && node.output(i)->is_used()) return false;
  }
  return true;
}

/// The nodes that a rule still has to look at, each once.
class Worklist {
 public:
  Worklist(Graph& graph, std::span<const Rule> rules) : rules_(rules) { add_all(graph); }

  void add(Node* node) {
    if (node == nullptr || !has_rule(*node)) return;
    if (waiting_.insert(node).second) order_.push_back(node);
  }
  void add_users(const Value& value) {
    for (const Use& use : value.uses()) add(use.user);
  }
  void add_all(Graph& graph) {
    waiting_.reserve(waiting_.size() + graph.nodes().size());
    for (const auto& node : graph.nodes()) {
      for (Graph* body : node->sub_graphs()) add_all(*body);
      add(node.get());
    }
  }
  void forget(Node& node) {
    waiting_.erase(&node);
    for (Graph* body : node.sub_graphs()) {
      for (const auto& inner : body->nodes()) forget(*inner);
    }
  }
  Node* next() {
    while (!order_.empty()) {
      Node* node = order_.front();
      order_.pop_front();
      if (waiting_.erase(node) > 0) return node;
    }
    return nullptr;
  }

 private:
  bool has_rule(const Node& node) const {
    return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
      return rule.op.empty() || rule.op == node.op().name;
    });
  }

  std::span<const Rule> rules_;
  std::deque<Node*> order_;
  std::unordered_set<Node*> waiting_;
};

/// Applies one table of rules to one graph.
class Driver {
 public:
  Driver(Graph& graph, PassContext& context, std::span<const Rule> rules)
      : context_(context), rules_(rules), worklist_(graph, rules) {}

  bool run() {
    bool changed = false;
    while (Node* node = worklist_.next()) changed = look_at(*node) || changed;
    return changed;
  }

 private:
  bool look_at(Node& node) {
    for (const Rule& rule : rules_) {
      if (!rule.op.empty() && rule.op != node.op().name) continue;
      Rewriter rewriter(node, context_);
      const std::optional<Replacement> replacement = rule.apply(node, rewriter);
      if (replacement && context_.allow_rewrite()) {
        replace(node, rule, *replacement, rewriter);
        return true;
      }
      discard(rewriter);
    }
    return false;
  }

  void discard(const Rewriter& rewriter) {
    for (auto node = rewriter.added().rbegin(); node != rewriter.added().rend(); ++node) {
      if (erased_.count(*node) == 0) erase(*node);
    }
    erased_.clear();
  }

  void replace(Node& node, const Rule& rule, const Replacement& replacement,
               const Rewriter& rewriter) {
    for (std::size_t i = 0; i < replacement.size(); ++i) {
      if (node.output(i) == nullptr || replacement[i] == nullptr) continue;
      replace(*node.output(i), *replacement[i], rule, rewriter);
    }
    for (const auto& [before, after] : rewriter.replaced()) {
      replace(*before, *after, rule, rewriter);
    }
    for (Node* added : rewriter.added()) worklist_.add(added);
    for (Value* input : node.inputs()) {
      if (input != nullptr) worklist_.add(input->producer());
    }
    std::vector<Node*> unused{&node};
    for (const auto& [before, after] : rewriter.replaced()) unused.push_back(before->producer());
    for (Node* added : rewriter.added()) unused.push_back(added);
    for (Node* candidate : unused) {
      if (erased_.count(candidate) == 0) erase(candidate);
    }
    erased_.clear();
  }

  void replace(Value& before, Value& after, const Rule& rule, const Rewriter& rewriter) {
    if (!are_compatible(before.type(), after.type())) {
      fail("rule '{}' on '{}': it would replace {} by {}; the types must agree", rule.name,
           before.name(), to_string(before.type()), to_string(after.type()));
    }
    worklist_.add_users(before);
    before.graph()->replace_all_uses(&before, &after);
    take_name(before, after, rewriter);
  }

  // A new value goes by the name of what it replaces.
  static void take_name(Value& before, Value& after, const Rewriter& rewriter) {
    const bool is_new = std::find(rewriter.added().begin(), rewriter.added().end(),
                                  after.producer()) != rewriter.added().end();
    if (!is_new || after.producer() == nullptr) return;
    std::string name = before.name();
    before.set_name(after.name());
    after.set_name(std::move(name));
  }

  void erase(Node* node) {
    erase_if_dead(node, [&](Node& dead) {
      worklist_.forget(dead);
      erased_.insert(&dead);
      for (Value* input : dead.inputs()) {
        if (input != nullptr && input->producer() != nullptr) worklist_.add(input->producer());
      }
    });
  }

  PassContext& context_;
  std::span<const Rule> rules_;
  Worklist worklist_;
  std::unordered_set<const Node*> erased_;  // By the attempt at hand.
};

}  // namespace

Value* Rewriter::add(std::string_view op, const std::vector<Value*>& inputs, Attrs attrs) {
  return add_node(op, inputs, 1, std::move(attrs))->output();
}

Node* Rewriter::add_node(std::string_view op_name, const std::vector<Value*>& inputs,
                         std::size_t outputs, Attrs attrs) {
  GraphBuilder builder(*node_.graph());
  Node* added = builder.add_node_before(*position_, op_name, inputs, outputs, std::move(attrs));
  added_.push_back(added);
  return added;
}

void Rewriter::adopt(Node& node) {
  node_.graph()->move_before(&node, position_);
  added_.push_back(&node);
}

Value* Rewriter::add_constant(std::string_view name, Tensor data) {
  return GraphBuilder(*node_.graph()).add_constant(name, std::move(data));
}

Value* Rewriter::add_parameter(std::string_view name, Tensor data) {
  Graph& graph = *node_.graph();
  return graph.add_parameter(graph.unique_name(name), std::move(data));
}

Value* Rewriter::add_ints(const std::vector<std::int64_t>& values) {
  return GraphBuilder(*node_.graph()).add_ints(values);
}

bool have_equal_attrs(const Node& a, const Node& b) {
  return std::equal(a.attrs().begin(), a.attrs().end(), b.attrs().begin(), b.attrs().end(),
                    [](const auto& x, const auto& y) {
                      return x.first == y.first && are_equal(x.second, y.second);
                    });
}

void erase_if_dead(Node* node, const std::function<void(Node&)>& before_erase) {
  std::vector<Node*> pending{node};
  while (!pending.empty()) {
    Node* candidate = pending.back();
    pending.pop_back();
    if (!is_dead(*candidate)) continue;
    std::vector<Value*> read = candidate->inputs();
    for (Value* value : captured_values(*candidate)) read.push_back(value);
    if (before_erase) before_erase(*candidate);
    std::erase(pending, candidate);
    candidate->graph()->erase_node(candidate);
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    for (Value* value : read) {
      if (value == nullptr || value->is_used()) continue;
      if (value->producer() != nullptr) {
        pending.push_back(value->producer());
      } else if (value->kind() == Value::Kind::kConstant) {
        value->graph()->erase_value(value);
      }
    }
  }
}

bool have_same_shape(const Type& a, const Type& b) {
  return a.has_rank() && b.has_rank() && a.rank() == b.rank() &&
         std::equal(a.shape->begin(), a.shape->end(), b.shape->begin(),
                    [](const Dim& x, const Dim& y) { return x.same_as(y); });
}

bool is_used_once(const Value& value) {
  return value.uses().size() + static_cast<std::size_t>(value.output_uses()) == 1;
}

bool rewrite(Graph& graph, PassContext& context, std::span<const Rule> rules) {
  bool changed = false;
  while (Driver(graph, context, rules).run()) {
    // What is known of a value may now be more, further down as well.
    infer_types(graph);
    changed = true;
  }
  return changed;
}

}  // namespace gatefold
