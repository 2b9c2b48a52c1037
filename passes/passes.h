#pragma once

#include <span>

#include "passes/pass.h"

namespace gatefold {

/// Every pass, in the order of the pipelines.
std::span<const Pass> all_passes();
/// The pass of that name; nullptr if there is none.
const Pass* find_pass(std::string_view name);

/// One function per file of this folder.
namespace passes {

bool fold_constants(Graph& graph, PassContext& context);
bool remove_dead(Graph& graph, PassContext& context);

}  // namespace passes
}  // namespace gatefold
