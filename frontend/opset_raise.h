#pragma once

#include <string_view>

#include "frontend/node_draft.h"

namespace gatefold {

/// Rewrites a node of an older opset into the operator's form at kInternalOpset, step by step
/// through the versions between. Nodes and constants that the new form needs are added to its
/// graph. Errors: a form that cannot be expressed, with the node and the reason.
void raise_to_internal_opset(NodeDraft& draft);

/// Whether an operator that has no OpDef of its own is expressed by others.
bool is_raised_away(std::string_view domain, std::string_view op);

}  // namespace gatefold
