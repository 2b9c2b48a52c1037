#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ir/graph.h"

namespace gatefold {

/// The newest version of ONNX's own operator set that is read. Versions after kInternalOpset gave
/// operators that Gatefold has more element types and attributes, but no other meaning.
inline constexpr std::int64_t kNewestOpset = 27;

/// The version of ONNX's own operator set that brought an operator, deprecated ones included; 1 for
/// a name that is none of ONNX's.
std::int64_t first_opset(std::string_view op);

/// The lowest version of ONNX's own operator set from `lowest` on in which the node's operator
/// takes and gives values of the types that the node's have; nothing when there is none. Types that
/// are not known count as allowed.
std::optional<std::int64_t> opset_for_types(const Node& node, std::int64_t lowest);
/// The same for an Identity of the value.
std::optional<std::int64_t> opset_for_copy(const Value& value, std::int64_t lowest);

}  // namespace gatefold
