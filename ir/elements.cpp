#include "ir/elements.h"

#include <algorithm>
#include <string_view>

#include "ir/op_def.h"

namespace gatefold {
namespace {

using Known = std::optional<Elements>;
using ElementRule = Known (*)(const Node& node);

// Longer lists are data, not shapes.
constexpr std::int64_t kMostElements = 64;

Known input(const Node& node, std::size_t index) {
  return node.input(index) == nullptr ? std::nullopt : elements_of(*node.input(index));
}

std::optional<std::vector<std::int64_t>> numbers(const Node& node, std::size_t index) {
  const Known elements = input(node, index);
  if (!elements) return std::nullopt;
  std::vector<std::int64_t> list;
  for (const Element& element : *elements) {
    if (!element.number) return std::nullopt;
    list.push_back(*element.number);
  }
  return list;
}

bool is_vector(const Value* value) {
  return value != nullptr && value->type().has_rank() && value->type().rank() == 1;
}

Known same(const Node& node) { return input(node, 0); }

Known shape(const Node& node) {
  const Type& type = node.input(0)->type();
  if (!type.has_rank()) return std::nullopt;
  const auto rank = type.rank();
  const auto position = [&](std::int64_t index) {
    return std::clamp<std::int64_t>(index < 0 ? index + rank : index, 0, rank);
  };
  const std::int64_t first = position(node.attr_int("start"));
  const AttrValue* end = node.find_attr("end");
  const std::int64_t last = end == nullptr ? rank : position(std::get<std::int64_t>(*end));
  Elements elements;
  for (std::int64_t i = first; i < last; ++i) elements.push_back(Element::of((*type.shape)[i]));
  return elements;
}

Known gather(const Node& node) {
  const Known data = input(node, 0);
  const auto indices = numbers(node, 1);
  if (!data || !indices || !is_vector(node.input(0))) return std::nullopt;
  const auto extent = static_cast<std::int64_t>(data->size());
  Elements picked;
  for (const std::int64_t index : *indices) {
    if (index < -extent || index >= extent) return std::nullopt;
    picked.push_back((*data)[index < 0 ? index + extent : index]);
  }
  return picked;
}

Known concat(const Node& node) {
  Elements joined;
  for (const Value* value : node.inputs()) {
    if (!is_vector(value)) return std::nullopt;
    if (const Known part = elements_of(*value)) {
      joined.insert(joined.end(), part->begin(), part->end());
    } else if (const Dim& length = value->type().shape->front(); length.is_known()) {
      joined.resize(joined.size() +
                    static_cast<std::size_t>(std::min(length.size(), kMostElements + 1)));
    } else {
      return std::nullopt;
    }
  }
  return joined;
}

Known slice(const Node& node) {
  const Known data = input(node, 0);
  const auto starts = numbers(node, 1);
  const auto ends = numbers(node, 2);
  const auto steps = node.input(4) == nullptr ? std::vector<std::int64_t>{1} : numbers(node, 4);
  if (!data || !is_vector(node.input(0)) || !starts || !ends || !steps) return std::nullopt;
  if (starts->size() != 1 || ends->size() != 1 || steps->size() != 1) return std::nullopt;
  const auto extent = static_cast<std::int64_t>(data->size());
  const std::int64_t step = steps->front();
  if (step == 0) return std::nullopt;
  const std::int64_t low = step > 0 ? 0 : -1;
  const std::int64_t high = step > 0 ? extent : extent - 1;
  const auto position = [&](std::int64_t index) {
    return std::clamp(index < 0 ? index + extent : index, low, high);
  };
  Elements cut;
  const std::int64_t end = position(ends->front());
  for (std::int64_t i = position(starts->front()); step > 0 ? i < end : i > end; i += step) {
    cut.push_back((*data)[i]);
  }
  return cut;
}

// Applies `compute` element by element, a single element being repeated. It sees elements of which
// some are unknown and returns an unknown one where it cannot tell.
template <typename Compute>
Known element_wise(const Node& node, Compute&& compute) {
  const Known a = input(node, 0);
  const Known b = input(node, 1);
  if (!a || !b || a->empty() || b->empty()) return std::nullopt;
  if (a->size() != b->size() && a->size() != 1 && b->size() != 1) return std::nullopt;
  Elements result;
  for (std::size_t i = 0; i < std::max(a->size(), b->size()); ++i) {
    result.push_back(compute((*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]));
  }
  return result;
}

Known add(const Node& node) {
  return element_wise(node, [](const Element& a, const Element& b) -> Element {
    if (a.number && b.number) return {*a.number + *b.number};
    if (a.number == 0) return b;
    return b.number == 0 ? a : Element();
  });
}

Known subtract(const Node& node) {
  return element_wise(node, [](const Element& a, const Element& b) -> Element {
    if (a.number && b.number) return {*a.number - *b.number};
    return b.number == 0 ? a : Element();
  });
}

Known multiply(const Node& node) {
  return element_wise(node, [](const Element& a, const Element& b) -> Element {
    std::int64_t product = 0;
    if (a.number && b.number) {
      return __builtin_mul_overflow(*a.number, *b.number, &product) ? Element() : Element{product};
    }
    if (a.number == 1) return b;
    return b.number == 1 ? a : Element();
  });
}

Known divide(const Node& node) {
  return element_wise(node, [](const Element& a, const Element& b) -> Element {
    if (b.number == 1) return a;
    if (!a.number || !b.number || b.number == 0 || b.number == -1) return {};
    return {*a.number / *b.number};
  });
}

Known equal(const Node& node) {
  return element_wise(node, [](const Element& a, const Element& b) -> Element {
    if (a.number && b.number) return {a.number == b.number ? 1 : 0};
    // An extent is never negative.
    const auto differ = [](const Element& extent, const Element& other) {
      return !extent.symbol.empty() && other.number && *other.number < 0;
    };
    return differ(a, b) || differ(b, a) ? Element{0} : Element();
  });
}

Known where(const Node& node) {
  const Known condition = input(node, 0);
  const Known yes = input(node, 1);
  const Known no = input(node, 2);
  if (!condition || !yes || !no) return std::nullopt;
  const std::size_t count = std::max({condition->size(), yes->size(), no->size()});
  const auto at = [&](const Elements& list, std::size_t i) {
    return list.size() == 1 ? list.front() : list[i];
  };
  Elements result;
  for (const Elements* list : {&*condition, &*yes, &*no}) {
    if (list->size() != count && list->size() != 1) return std::nullopt;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Element chosen = at(*condition, i);
    const Element a = at(*yes, i);
    const Element b = at(*no, i);
    result.push_back(chosen.number ? (*chosen.number != 0 ? a : b) : a == b ? a : Element());
  }
  return result;
}

Known constant_of_shape(const Node& node) {
  const auto length = numbers(node, 0);
  const AttrValue* fill = node.find_attr("value");
  if (fill == nullptr || !length || length->size() > 1) return std::nullopt;
  const auto& tensor = std::get<Tensor>(*fill);
  if (is_float(tensor.dtype()) || tensor.size() != 1) return std::nullopt;
  const std::int64_t count = length->empty() ? 1 : length->front();
  if (count < 0 || count > kMostElements) return std::nullopt;
  return Elements(static_cast<std::size_t>(count), Element{tensor.to_int64().front()});
}

// Only a reduction over everything: of a vector, or with no axes given.
Known reduce_product(const Node& node) {
  const auto factors = numbers(node, 0);
  if (!factors || !is_vector(node.input(0))) return std::nullopt;
  std::int64_t product = 1;
  for (const std::int64_t factor : *factors) {
    if (__builtin_mul_overflow(product, factor, &product)) return std::nullopt;
  }
  return Elements{Element{product}};
}

Known range(const Node& node) {
  const auto start = numbers(node, 0);
  const auto limit = numbers(node, 1);
  const auto delta = numbers(node, 2);
  if (!start || !limit || !delta || start->empty() || limit->empty() || delta->empty()) {
    return std::nullopt;
  }
  const std::int64_t step = delta->front();
  if (step == 0) return std::nullopt;
  Elements list;
  for (std::int64_t i = start->front(); step > 0 ? i < limit->front() : i > limit->front();
       i += step) {
    list.push_back({i});
    if (list.size() > kMostElements) return std::nullopt;
  }
  return list;
}

// Casts between integer types only: a small extent fits all of them.
Known cast(const Node& node) {
  const DataType to =
      node.output(0) == nullptr ? DataType::kUndefined : node.output(0)->type().dtype;
  return to == DataType::kInt64 || to == DataType::kInt32 ? input(node, 0) : std::nullopt;
}

struct ElementEntry {
  std::string_view op;
  ElementRule rule;
};

constexpr ElementEntry kRules[] = {
    {"Add", add},
    {"Cast", cast},
    {"Concat", concat},
    {"ConstantOfShape", constant_of_shape},
    {"Div", divide},
    {"Equal", equal},
    {"Expand",
     [](const Node& node) -> Known {
       const auto target = numbers(node, 1);
       const Known data = input(node, 0);
       if (!data || data->size() != 1 || !target || target->size() != 1) return std::nullopt;
       if (target->front() < 1 || target->front() > kMostElements) return std::nullopt;
       return Elements(static_cast<std::size_t>(target->front()), data->front());
     }},
    {"Gather", gather},
    {"Identity", same},
    {"Mul", multiply},
    {"Range", range},
    {"ReduceProd", reduce_product},
    {"Reshape", same},
    {"Shape", shape},
    {"Slice", slice},
    {"Squeeze", same},
    {"Sub", subtract},
    {"Unsqueeze", same},
    {"Where", where},
};

// Whether the value is of the kind whose elements are followed at all.
bool is_followed(const Type& type) {
  if (!type.is_tensor() || !type.has_rank() || type.rank() > 1) return false;
  const bool integral = type.dtype == DataType::kInt64 || type.dtype == DataType::kInt32 ||
                        type.dtype == DataType::kBool;
  return integral && (type.rank() == 0 || !type.shape->front().is_known() ||
                      type.shape->front().size() <= kMostElements);
}

}  // namespace

Known elements_of(const Value& value) {
  if (!is_followed(value.type())) return std::nullopt;
  if (!value.has_data()) return value.elements();
  Elements elements;
  for (const std::int64_t number : value.data()->to_int64()) elements.push_back({number});
  return elements;
}

std::vector<Known> infer_elements(const Node& node) {
  std::vector<Known> known(node.output_count());
  const Value* output = node.output(0);
  if (output == nullptr || !node.op().domain.empty() || !is_followed(output->type())) return known;
  for (const ElementEntry& entry : kRules) {
    if (entry.op != node.op().name) continue;
    known[0] = entry.rule(node);
    const Type& type = output->type();
    const bool fits =
        known[0] && (type.rank() == 0
                         ? known[0]->size() == 1
                         : !type.shape->front().is_known() ||
                               type.shape->front().is(static_cast<std::int64_t>(known[0]->size())));
    if (!fits) known[0].reset();
  }
  return known;
}

std::optional<Tensor> to_tensor(const Elements& elements, const Type& type) {
  Tensor numbers(DataType::kInt64,
                 type.rank() == 0 ? Dims{} : Dims{static_cast<std::int64_t>(elements.size())});
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!elements[i].number) return std::nullopt;
    numbers.data<std::int64_t>()[i] = *elements[i].number;
  }
  return type.dtype == DataType::kInt64 ? numbers : numbers.converted(type.dtype);
}

}  // namespace gatefold
