#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>

#include "frontend/function_table.h"

namespace gatefold {

/// Functions are unfolded where they are called. So many nodes and calls may come of it in one
/// model, ...
inline constexpr std::int64_t kMostUnfoldedNodes = std::int64_t{1} << 20;
/// ... and calls and sub-graphs may lie so deep inside each other.
inline constexpr int kDeepestNesting = 500;

/// Throws Error where a model exceeds these, or functions call each other in a circle. Takes time
/// that grows with the size of the file, whatever its functions unfold to.
void check_function_sizes(const onnx::ModelProto& model, const FunctionTable& functions);

}  // namespace gatefold
