#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <string_view>

#include "frontend/node_draft.h"

namespace gatefold {

/// An attribute other than a graph. Type attributes become strings in ONNX's text syntax, as
/// to_string(Type) writes them.
/// Errors (with `what` in front): sparse tensors, lists of tensors, graphs or types.
AttrValue import_plain_attr(const onnx::AttributeProto& proto, const std::filesystem::path& folder,
                            std::string_view what);

/// The graph constant that a Constant node stands for, whatever form its value has.
/// Errors: strings, no value, more than one value.
Value* import_constant_node(const NodeDraft& draft);

}  // namespace gatefold
