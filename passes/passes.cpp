#include "passes/passes.h"

#include <algorithm>

namespace gatefold {
namespace {

constexpr Pass kPasses[] = {
    {"fold-constants", "nodes that depend on constants only become constants",
     passes::fold_constants},
    {"remove-dead", "nodes, outputs and constants that nobody uses are gone", passes::remove_dead},
};

}  // namespace

std::span<const Pass> all_passes() { return kPasses; }

const Pass* find_pass(std::string_view name) {
  const auto* found = std::find_if(std::begin(kPasses), std::end(kPasses),
                                   [&](const Pass& pass) { return pass.name == name; });
  return found == std::end(kPasses) ? nullptr : found;
}

}  // namespace gatefold
