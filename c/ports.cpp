#include "c/ports.h"

#include "c/errors.h"

namespace gatefold::c {
namespace {

gatefold_kind kind_of(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kSequence:
      return GATEFOLD_SEQUENCE;
    case Type::Kind::kOptional:
      return GATEFOLD_OPTIONAL;
    default:
      return GATEFOLD_TENSOR;
  }
}

}  // namespace

// Names of extents live as long as the process.
Ports::Port::Port(const ModelPort& port) : name(port.name), text(to_string(port.type)) {
  const Type& type = port.type;
  if (type.has_rank()) {
    for (const Dim& dim : *type.shape) {
      dims.push_back(dim.is_known() ? dim.size() : -1);
      symbols.push_back(dim.is_symbol() ? dim.symbol().c_str() : nullptr);
    }
  }
  view = {.name = name.c_str(),
          .kind = kind_of(type),
          .type = static_cast<int32_t>(type.dtype),
          .rank = type.has_rank() ? static_cast<int32_t>(type.rank()) : -1,
          .dims = dims.data(),
          .symbols = symbols.data(),
          .text = text.c_str()};
}

Ports::Ports(const std::vector<ModelPort>& ports) {
  for (const ModelPort& port : ports) ports_.emplace_back(port);
}

const gatefold_port& Ports::at(std::size_t index, const char* what) const {
  if (index >= size()) refuse("there is no {} {}; there are {}", what, index, size());
  return ports_[index].view;
}

}  // namespace gatefold::c
