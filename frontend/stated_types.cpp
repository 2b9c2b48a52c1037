#include "frontend/stated_types.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "frontend/proto_types.h"
#include "ir/error.h"

namespace gatefold {
namespace {

bool have_same_elements(const Type& stated, const Type& derived) {
  if (stated.is_tensor() && stated.dtype == DataType::kUndefined && !stated.has_rank()) return true;
  if (stated.kind != derived.kind) return false;
  if (!stated.is_tensor()) return have_same_elements(*stated.element, *derived.element);
  return stated.dtype == derived.dtype || stated.dtype == DataType::kUndefined ||
         derived.dtype == DataType::kUndefined;
}

bool may_have_same_shape(const Type& stated, const Type& derived) {
  if (stated.kind != derived.kind) return true;
  if (!stated.is_tensor()) return may_have_same_shape(*stated.element, *derived.element);
  if (!stated.has_rank() || !derived.has_rank()) return true;
  if (stated.rank() != derived.rank()) return false;
  for (std::size_t i = 0; i < stated.shape->size(); ++i) {
    const Dim& a = (*stated.shape)[i];
    const Dim& b = (*derived.shape)[i];
    if (a.is_known() && b.is_known() && a.size() != b.size()) return false;
  }
  return true;
}

}  // namespace

void check_stated_type(const onnx::ValueInfoProto& stated, std::string_view kind,
                       const Type& derived, std::vector<ShapeContradiction>& contradictions) {
  const std::string what = fmt::format("{} '{}'", kind, stated.name());
  Type type = import_type(stated.type(), what);
  if (!have_same_elements(type, derived)) {
    fail("{}: the model states {} but its nodes give {}", what, to_string(type),
         to_string(derived));
  }
  if (may_have_same_shape(type, derived)) return;
  contradictions.push_back({stated.name(), std::move(type), derived});
}

}  // namespace gatefold
