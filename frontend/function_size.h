#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>

#include "frontend/function_table.h"

namespace gatefold {

/// Functions are unfolded where they are called. Most nodes and calls that this may make in one
/// model, ...
inline constexpr std::int64_t kMostUnfoldedNodes = std::int64_t{1} << 20;
/// ... and the greatest depth of calls and sub-graphs inside each other.
inline constexpr int kDeepestNesting = 500;

/// Throws Error where a model exceeds these, or functions call each other in a circle. Takes time
/// that grows with the size of the file, whatever its functions unfold to.
void check_function_sizes(const onnx::ModelProto& model, const FunctionTable& functions);

}  // namespace gatefold
