#include "ir/op_def.h"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "ir/ops/ops.h"

namespace gatefold {
namespace {

auto key(const OpDef* def) { return std::tie(def->domain, def->name); }

const std::vector<const OpDef*>& sorted_ops() {
  static const std::vector<const OpDef*> sorted = [] {
    std::vector<const OpDef*> all = list_ops();
    std::sort(all.begin(), all.end(),
              [](const OpDef* a, const OpDef* b) { return key(a) < key(b); });
    return all;
  }();
  return sorted;
}

}  // namespace

const AttrDef* OpDef::find_attr(std::string_view attr_name) const {
  for (const AttrDef& attr : attrs) {
    if (attr.name == attr_name) return &attr;
  }
  return nullptr;
}

const OpDef* find_op(std::string_view domain, std::string_view name) {
  if (domain == "ai.onnx") domain = kOnnxDomain;
  const auto& all = sorted_ops();
  const auto found =
      std::lower_bound(all.begin(), all.end(), std::tie(domain, name),
                       [](const OpDef* def, const auto& wanted) { return key(def) < wanted; });
  if (found == all.end() || (*found)->domain != domain || (*found)->name != name) return nullptr;
  return *found;
}

const OpDef& op(std::string_view name, std::string_view domain) {
  const OpDef* found = find_op(domain, name);
  assert(found != nullptr && "no such operator");
  return *found;
}

std::span<const OpDef* const> all_ops() { return sorted_ops(); }

}  // namespace gatefold
