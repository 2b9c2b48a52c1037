#include "language/projects/token_tables.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ir/op_def.h"

namespace gatefold {
namespace {

constexpr std::array<std::string_view, 6> kMoves{"Cast",    "Identity",  "Reshape",
                                                 "Squeeze", "Transpose", "Unsqueeze"};

bool comes_from_input(const Value* value) {
  while (const Node* producer = value->producer()) {
    if (std::find(kMoves.begin(), kMoves.end(), producer->op().name) == kMoves.end()) return false;
    value = producer->input(0);
  }
  return value->kind() == Value::Kind::kInput;
}

}  // namespace

std::vector<const Value*> find_token_tables(const Graph& graph) {
  std::vector<const Value*> tables;
  for (const auto& node : graph.nodes()) {
    const bool is_look_up = node->op().name == "Gather" &&
                            node->input(0)->kind() == Value::Kind::kParameter &&
                            comes_from_input(node->input(1));
    if (is_look_up) tables.push_back(node->input(0));
  }
  return tables;
}

}  // namespace gatefold
