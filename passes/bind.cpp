#include "passes/bind.h"

#include <fmt/ranges.h>

#include <set>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "ir/infer.h"
#include "ir/value_names.h"

namespace gatefold {
namespace {

bool fits(const Tensor& tensor, const Type& type) {
  if (!type.is_tensor() || type.dtype != tensor.dtype()) return false;
  if (!type.has_rank()) return true;
  if (type.rank() != tensor.rank()) return false;
  for (std::size_t i = 0; i < tensor.dims().size(); ++i) {
    const Dim& dim = (*type.shape)[i];
    if (dim.is_known() && dim.size() != tensor.dims()[i]) return false;
  }
  return true;
}

Value& input_of(const Graph& graph, const std::string& name) {
  if (Value* input = find_input(graph, name)) return *input;
  std::vector<std::string> known;
  for (const Value* input : graph.inputs()) known.push_back(input->name());
  fail("the model has no input '{}' to give a value; its inputs: {}", name,
       known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
}

}  // namespace

void note_sizes(const Type& type, std::span<const std::int64_t> extents, DimSizes& sizes) {
  if (!type.is_tensor() || !type.has_rank() || type.shape->size() != extents.size()) return;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const Dim& dim = (*type.shape)[i];
    if (dim.is_symbol()) sizes.try_emplace(dim.symbol(), extents[i]);
  }
}

void bind_dims(Graph& graph, const DimSizes& sizes) {
  if (sizes.empty()) return;
  std::set<std::string> known;
  for (Value* input : graph.inputs()) {
    Type type = input->type();
    if (!type.is_tensor() || !type.has_rank()) continue;
    for (Dim& dim : *type.shape) {
      if (!dim.is_symbol()) continue;
      known.insert(dim.symbol());
      const auto bound = sizes.find(dim.symbol());
      if (bound != sizes.end()) dim = bound->second;
    }
    input->set_type(std::move(type));
  }
  for (const auto& [name, size] : sizes) {
    if (known.contains(name)) continue;
    fail("no input has an extent named '{}' to be {}; there are: {}", name, size,
         known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
  }
  infer_types(graph);
}

void bind_values(Graph& graph, const InputTensors& values) {
  if (values.empty()) return;
  for (const auto& [name, tensor] : values) {
    Value& input = input_of(graph, name);
    if (!fits(tensor, input.type())) {
      fail("the value of input '{}' is {} but must be {}", name, to_string(tensor.type()),
           to_string(input.type()));
    }
    Value* constant = graph.add_constant(graph.unique_name(name), tensor);
    graph.replace_all_uses(&input, constant);
    graph.erase_value(&input);
    constant->set_name(name);
  }
  infer_types(graph);
}

}  // namespace gatefold
