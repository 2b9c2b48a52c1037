#pragma once

#include <onnx/onnx_pb.h>

#include <string_view>
#include <vector>

#include "frontend/onnx_reader.h"
#include "ir/type.h"

namespace gatefold {

/// Compares what a file states of a value with what its nodes give, `derived`, which counts. Where
/// the two cannot both be true of the shape, that goes to `contradictions`. `kind` is "output" or
/// "value". Throws Error when they differ in more: an element type, or a tensor against a sequence.
void check_stated_type(const onnx::ValueInfoProto& stated, std::string_view kind,
                       const Type& derived, std::vector<ShapeContradiction>& contradictions);

}  // namespace gatefold
