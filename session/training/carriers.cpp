#include "session/training/carriers.h"

#include <algorithm>

namespace gatefold {
namespace {

/// Whether a tensor of one type may be one of the other, too: extents that are not known tell
/// nothing.
bool may_be_same(const Type& a, const Type& b) {
  if (!a.is_tensor() || !b.is_tensor() || a.dtype != b.dtype || !is_float(a.dtype)) return false;
  if (!a.has_rank() || !b.has_rank() || a.rank() == 0 || a.rank() != b.rank()) return false;
  return std::equal(a.shape->begin(), a.shape->end(), b.shape->begin(),
                    [](const Dim& x, const Dim& y) {
                      return !x.is_known() || !y.is_known() || x.size() == y.size();
                    });
}

}  // namespace

std::map<std::string, std::vector<std::string>> find_carriers(const Graph& model,
                                                              const std::string& judged) {
  std::map<std::string, std::vector<std::string>> carriers;
  for (const Value* input : model.inputs()) {
    for (const Graph::Output& output : model.outputs()) {
      if (output.name == judged || !may_be_same(input->type(), output.value->type())) continue;
      carriers[input->name()].push_back(output.name);
    }
  }
  return carriers;
}

}  // namespace gatefold
