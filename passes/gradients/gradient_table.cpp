#include "passes/gradients/gradient_table.h"

#include <string>
#include <unordered_map>

namespace gatefold {
namespace {

using Table = std::unordered_map<const OpDef*, GradientEntry>;
using Entries = std::vector<GradientEntry> (*)();

constexpr Entries kFiles[] = {
    gradients::attention, gradients::convolutions,   gradients::einsum,  gradients::elementwise,
    gradients::gather,    gradients::if_then_else,   gradients::loop,    gradients::losses,
    gradients::moves,     gradients::normalizations, gradients::pools,   gradients::products,
    gradients::recurrent, gradients::reductions,     gradients::refused, gradients::resize,
    gradients::softmax,   gradients::zero,
};

Table make_table() {
  Table table;
  for (const Entries entries : kFiles) {
    for (const GradientEntry& entry : entries()) table.emplace(&op(entry.op, entry.domain), entry);
  }
  return table;
}

}  // namespace

const GradientEntry* find_gradient(const OpDef& op) {
  static const Table kTable = make_table();
  const auto found = kTable.find(&op);
  return found == kTable.end() ? nullptr : &found->second;
}

}  // namespace gatefold
