#include <array>
#include <utility>

#include "ir/tensor.h"

namespace gatefold {

/// A node of a weight-balanced tree whose nodes in order are the list: neither side is more than
/// kMostWeight times as large as the other. What changes a tree copies the path to the change and
/// shares the rest. Source: Hirai and Yamamoto, Balancing weight-balanced trees, 2011.
struct SequenceNode {
  using Tree = std::shared_ptr<const SequenceNode>;

  Tensor tensor;
  std::array<Tree, 2> sides;  // What stands before the tensor, and what behind it.
  std::size_t size = 0;
};

namespace {

using Tree = SequenceNode::Tree;

constexpr std::size_t kMostWeight = 3;
/// A single rotation is enough unless the inner side is this many times as large as the outer one.
constexpr std::size_t kMostInnerWeight = 2;

std::size_t size_of(const Tree& tree) { return tree == nullptr ? 0 : tree->size; }

Tree join(Tree before, Tensor tensor, Tree behind) {
  const std::size_t size = size_of(before) + 1 + size_of(behind);
  return std::make_shared<const SequenceNode>(
      SequenceNode{std::move(tensor), {std::move(before), std::move(behind)}, size});
}

/// The same, `near` being what stands on `side`.
Tree join_on(std::size_t side, Tree near, Tensor tensor, Tree far) {
  if (side == 1) std::swap(near, far);
  return join(std::move(near), std::move(tensor), std::move(far));
}

/// Joins trees of which `heavy`, on `side`, is too large for the other one.
Tree rotated(std::size_t side, const Tree& heavy, Tensor tensor, Tree light) {
  const Tree& outer = heavy->sides[side];
  const Tree& inner = heavy->sides[1 - side];
  if (size_of(inner) < kMostInnerWeight * size_of(outer)) {
    return join_on(side, outer, heavy->tensor,
                   join_on(side, inner, std::move(tensor), std::move(light)));
  }
  return join_on(side, join_on(side, outer, heavy->tensor, inner->sides[side]), inner->tensor,
                 join_on(side, inner->sides[1 - side], std::move(tensor), std::move(light)));
}

/// Joins trees one of which has lost or won an element since they were balanced.
Tree balanced(Tree before, Tensor tensor, Tree behind) {
  const std::size_t first = size_of(before);
  const std::size_t second = size_of(behind);
  if (first + second > 1) {
    if (first > kMostWeight * second) {
      return rotated(0, before, std::move(tensor), std::move(behind));
    }
    if (second > kMostWeight * first) {
      return rotated(1, behind, std::move(tensor), std::move(before));
    }
  }
  return join(std::move(before), std::move(tensor), std::move(behind));
}

const Tensor& element(const Tree& tree, std::size_t position) {
  const SequenceNode* node = tree.get();
  for (;;) {
    const std::size_t before = size_of(node->sides[0]);
    if (position == before) return node->tensor;
    node = node->sides[position < before ? 0 : 1].get();
    if (position > before) position -= before + 1;
  }
}

Tree insert(const Tree& tree, std::size_t position, Tensor tensor) {
  if (tree == nullptr) return join(nullptr, std::move(tensor), nullptr);
  const auto& [before, behind] = tree->sides;
  if (position <= size_of(before)) {
    return balanced(insert(before, position, std::move(tensor)), tree->tensor, behind);
  }
  position -= size_of(before) + 1;
  return balanced(before, tree->tensor, insert(behind, position, std::move(tensor)));
}

Tree erase(const Tree& tree, std::size_t position) {
  const auto& [before, behind] = tree->sides;
  const std::size_t middle = size_of(before);
  if (position < middle) return balanced(erase(before, position), tree->tensor, behind);
  if (position > middle) {
    return balanced(before, tree->tensor, erase(behind, position - middle - 1));
  }
  if (before == nullptr) return behind;
  if (behind == nullptr) return before;
  if (middle > size_of(behind)) {
    return balanced(erase(before, middle - 1), element(before, middle - 1), behind);
  }
  return balanced(before, element(behind, 0), erase(behind, 0));
}

Tree build(std::span<const Tensor> tensors) {
  if (tensors.empty()) return nullptr;
  const std::size_t middle = tensors.size() / 2;
  return join(build(tensors.first(middle)), tensors[middle], build(tensors.subspan(middle + 1)));
}

void append(const Tree& tree, std::vector<Tensor>& tensors) {
  if (tree == nullptr) return;
  append(tree->sides[0], tensors);
  tensors.push_back(tree->tensor);
  append(tree->sides[1], tensors);
}

}  // namespace

Sequence::Sequence(std::span<const Tensor> tensors) : root_(build(tensors)) {}

std::size_t Sequence::size() const { return size_of(root_); }

const Tensor& Sequence::operator[](std::size_t position) const {
  assert(position < size());
  return element(root_, position);
}

std::vector<Tensor> Sequence::tensors() const {
  std::vector<Tensor> tensors;
  tensors.reserve(size());
  append(root_, tensors);
  return tensors;
}

Sequence Sequence::inserted(std::size_t position, Tensor tensor) const {
  assert(position <= size());
  return Sequence(insert(root_, position, std::move(tensor)));
}

Sequence Sequence::erased(std::size_t position) const {
  assert(position < size());
  return Sequence(erase(root_, position));
}

}  // namespace gatefold
