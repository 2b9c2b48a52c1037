#include "passes/gradients/gradient_table.h"

#include <string>
#include <unordered_map>

namespace gatefold {
namespace {

using Table = std::unordered_map<const OpDef*, GradientRow>;

Table make_table() {
  Table table;
  for (const auto rows :
       {gradients::elementwise, gradients::gather, gradients::if_then_else, gradients::loop,
        gradients::losses, gradients::moves, gradients::products, gradients::recurrent,
        gradients::reductions, gradients::softmax, gradients::zero}) {
    for (const GradientRow& row : rows()) table.emplace(&op(row.op, row.domain), row);
  }
  return table;
}

}  // namespace

const GradientRow* find_gradient(const OpDef& op) {
  static const Table kTable = make_table();
  const auto found = kTable.find(&op);
  return found == kTable.end() ? nullptr : &found->second;
}

}  // namespace gatefold
