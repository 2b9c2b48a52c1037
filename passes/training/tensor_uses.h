#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "ir/graph.h"
#include "passes/gradients/gradient_paths.h"

namespace gatefold {

/// What a node does with a tensor of the model's file.
struct TensorUse {
  enum class Role : std::int8_t {
    kState,          ///< Starts a recurrence with it.
    kStatistic,      ///< Normalizes by it, as by a running mean.
    kNormalization,  ///< Scales or shifts what it normalized.
    kLookUp,         ///< Takes entries that the data choose.
    kElementwise,    ///< Adds it to what depends on the data, or multiplies that by it.
    kOther,
  };

  const Node* node = nullptr;
  Role role = Role::kOther;
  /// The weight that the node, or the product whose sum it ends, multiplies by; the node itself
  /// where there is none. The uses in one layer have the same, those in several time steps, too.
  const void* layer = nullptr;
};

/// Finds the uses of tensors on paths to results on which gradients flow. What only moves elements
/// (Identity, Reshape, Slice, ...), weights that a loop carries unchanged, and what is made of
/// tensors of the file alone are followed to the nodes behind them.
class TensorUseSearch {
 public:
  /// `on_path`: see values_on_gradient_paths. Both must outlive the search.
  TensorUseSearch(const Graph& graph, const SubGraphMap& sub_graphs,
                  const std::unordered_set<const Value*>& on_path);

  std::vector<TensorUse> uses_of(const Value& tensor);

 private:
  /// What the tensor has met on its way to a node.
  struct Trail {
    bool product = false;  ///< With another tensor of the file.
    bool look_up = false;
  };
  using Role = TensorUse::Role;

  void find_fixed(const Graph& graph);
  void follow(const Value* value, Trail trail);
  void follow_outputs(const Node& node, Trail trail);
  void visit(Node& node, std::size_t index, Trail trail);
  bool visit_loop(Node& node, std::size_t index, Trail trail);
  void visit_behind_look_up(const Node& node, std::size_t index, Trail trail);
  void add(const Node& node, std::size_t index, Role role);
  bool is_fixed(const Value* value) const { return value == nullptr || fixed_.contains(value); }
  bool are_others_fixed(const Node& node, std::size_t index) const;
  const void* layer_of(const Node& node, std::size_t index) const;
  const Value* product_weight(const Value* value, int depth) const;
  const Value* weight_among(const Node& node, std::size_t except) const;

  const SubGraphMap& sub_graphs_;
  const std::unordered_set<const Value*>& on_path_;
  std::unordered_set<const Value*> fixed_;  // Tensors of the file and what is made of them alone.
  std::unordered_set<const Value*> seen_;
  std::vector<TensorUse> uses_;
  bool is_constant_ = false;
};

}  // namespace gatefold
