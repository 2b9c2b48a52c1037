#include "passes/recurrence/contraction.h"

#include <algorithm>
#include <string>

#include "ir/op_def.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

using Coordinates = std::vector<ViewIndex>;

// The axes of a product while it is read: the row, the unit and what is summed over.
enum : std::size_t { kRow = 0, kUnit = 1, kSummed = 2 };

const ViewIndex kSummedIndex{.strides = {0, 0, 1}};
const ViewIndex kFirst{.strides = {0, 0, 0}};

/// An operand with the coordinates that the product reads.
struct Operand {
  Value* value = nullptr;
  Coordinates places = {};

  bool depends_on(std::size_t axis) const {
    return std::any_of(places.begin(), places.end(),
                       [&](const ViewIndex& index) { return index.strides[axis] != 0; });
  }
  const Shape& shape() const { return *value->type().shape; }
};

struct Product {
  Operand a;
  Operand b;
  Dim summed;  ///< K
};

// Of the matrices of two stacks, of which one of extent 1 is repeated.
std::optional<Product> read_matmul(const Node& node, const Coordinates& result) {
  const Shape& extents = *node.output()->type().shape;
  Product product{{node.input(0)}, {node.input(1)}, {}};
  const std::size_t rank_a = product.a.shape().size();
  const std::size_t rank_b = product.b.shape().size();
  const auto stacked = [&](Operand& operand) {
    const std::size_t stacks = result.size() - (rank_a > 1 ? 1 : 0) - (rank_b > 1 ? 1 : 0);
    const std::size_t own = operand.shape().size() < 3 ? 0 : operand.shape().size() - 2;
    for (std::size_t axis = 0; axis < own; ++axis) {
      const std::size_t place = stacks - own + axis;
      const bool repeats = operand.shape()[axis].is(1);
      if (!repeats && !operand.shape()[axis].same_as(extents[place])) return false;
      operand.places.push_back(repeats ? kFirst : result[place]);
    }
    return true;
  };
  if (!stacked(product.a) || !stacked(product.b)) return std::nullopt;
  if (rank_a > 1) product.a.places.push_back(result[result.size() - (rank_b > 1 ? 2 : 1)]);
  product.a.places.push_back(kSummedIndex);
  product.b.places.push_back(kSummedIndex);
  if (rank_b > 1) product.b.places.push_back(result.back());
  product.summed = product.a.shape().back();
  return product;
}

std::optional<Product> read_gemm(const Node& node, const Coordinates& result) {
  Product product{
      {node.input(0), {result[0], kSummedIndex}}, {node.input(1), {kSummedIndex, result[1]}}, {}};
  const bool transposes_a = node.attr_int("transA") != 0;
  if (transposes_a) std::swap(product.a.places[0], product.a.places[1]);
  if (node.attr_int("transB") != 0) std::swap(product.b.places[0], product.b.places[1]);
  product.summed = product.a.shape()[transposes_a ? 0 : 1];
  return product;
}

// Of a kernel of one element, which multiplies each position alone.
std::optional<Product> read_convolution(const Node& node, const Coordinates& result) {
  const Type& kernel = node.input(1)->type();
  const auto& pads = node.attr_ints("pads");
  const bool is_plain = kernel.is_static() && node.attr_int("group") == 1 &&
                        std::all_of(pads.begin(), pads.end(), [](auto pad) { return pad == 0; }) &&
                        element_count(kernel.dims()) == kernel.dims()[0] * kernel.dims()[1];
  const auto& strides = node.attr_ints("strides");
  if (!is_plain || std::any_of(strides.begin(), strides.end(), [](auto s) { return s != 1; })) {
    return std::nullopt;
  }
  Product product{{node.input(0), result}, {node.input(1)}, kernel.dims()[1]};
  product.a.places[1] = kSummedIndex;
  product.b.places.assign(result.size(), kFirst);
  product.b.places[0] = result[1];
  product.b.places[1] = kSummedIndex;
  return product;
}

std::optional<Product> read_einsum(const Node& node, const Coordinates& result) {
  std::string equation = node.attr_string("equation");
  std::erase(equation, ' ');
  const std::size_t comma = equation.find(',');
  const std::size_t arrow = equation.find("->");
  const bool is_product = node.input_count() == 2 && arrow != std::string::npos && comma < arrow &&
                          equation.find('.') == std::string::npos;
  if (!is_product) return std::nullopt;
  const std::string output = equation.substr(arrow + 2);
  Product product{{node.input(0)}, {node.input(1)}, {}};
  char summed = 0;
  const auto read = [&](Operand& operand, const std::string& labels) {
    for (std::size_t axis = 0; axis < labels.size(); ++axis) {
      const std::size_t place = output.find(labels[axis]);
      if (labels.find(labels[axis]) != axis) return false;
      if (place != std::string::npos) {
        operand.places.push_back(result[place]);
        continue;
      }
      if (summed != 0 && summed != labels[axis]) return false;
      summed = labels[axis];
      product.summed = operand.shape()[axis];
      operand.places.push_back(kSummedIndex);
    }
    return operand.depends_on(kSummed);
  };
  const bool is_read = read(product.a, equation.substr(0, comma)) &&
                       read(product.b, equation.substr(comma + 1, arrow - comma - 1));
  return is_read ? std::optional(product) : std::nullopt;
}

// The view over two of the three axes.
View view_over(const Operand& operand, std::size_t first, std::size_t second, Shape extents) {
  Coordinates places = operand.places;
  for (ViewIndex& index : places) index.strides = {index.strides[first], index.strides[second]};
  return view_at(*operand.value, std::move(extents), places);
}

std::optional<Product> read_product(const Node& node, const Coordinates& result) {
  if (!node.op().domain.empty()) return std::nullopt;
  for (const std::size_t port : {0, 1}) {
    const Value* input = node.input(port);
    if (input == nullptr || !input->type().has_rank()) return std::nullopt;
  }
  if (node.op().name == "MatMul") return read_matmul(node, result);
  if (node.op().name == "Gemm") return read_gemm(node, result);
  if (node.op().name == "Conv") return read_convolution(node, result);
  return node.op().name == "Einsum" ? read_einsum(node, result) : std::nullopt;
}

bool moves(const Node& node) {
  return is_one_of(node.op().name, {"Concat", "Expand", "Flatten", "Gather", "Identity", "Pad",
                                    "Reshape", "ScatterND", "Slice", "Split", "Squeeze", "Tile",
                                    "Transpose", "Unsqueeze", "Where"});
}

bool multiplies_weights(const Node& node) {
  const auto& inputs = node.inputs();
  return is_contraction(node) && std::any_of(inputs.begin(), inputs.end(), [](const Value* input) {
           return input != nullptr && input->depends_on_weights_only();
         });
}

}  // namespace

bool is_contraction(const Node& node) {
  return is_one_of(node.op().name, {"Conv", "Einsum", "Gemm", "MatMul"});
}

std::optional<Contraction> read_contraction(const View& view) {
  auto result = coordinates_of(view);
  if (view.source->producer() == nullptr || !result) return std::nullopt;
  for (ViewIndex& index : *result) index.strides.push_back(0);
  auto product = read_product(*view.source->producer(), *result);
  if (!product || !product->summed.is_known()) return std::nullopt;
  const bool is_other_way =
      product->a.depends_on(kUnit) || !product->b.value->depends_on_weights_only();
  if (is_other_way) std::swap(product->a, product->b);
  const Operand& rows = product->a;
  const Operand& weight = product->b;
  if (!weight.value->depends_on_weights_only() || !weight.value->type().is_static()) {
    return std::nullopt;
  }
  if (rows.depends_on(kUnit) || weight.depends_on(kRow)) return std::nullopt;
  return Contraction{view_over(rows, kRow, kSummed, {view.extents[0], product->summed}),
                     view_over(weight, kSummed, kUnit, {product->summed, view.extents[1]})};
}

std::unordered_set<const Value*> multiplied_values(const Graph& graph) {
  std::unordered_set<const Value*> values;
  std::unordered_set<const Value*> moved;
  std::vector<const Node*> readers;
  for (const auto& node : graph.nodes()) {
    if (multiplies_weights(*node)) readers.push_back(node.get());
  }
  while (!readers.empty()) {
    const Node* reader = readers.back();
    readers.pop_back();
    const bool is_whole = !moves(*reader) || reader->op().name == "Concat";
    for (const Value* input : reader->inputs()) {
      if (input == nullptr) continue;
      if (is_whole) values.insert(input);
      const Node* producer = input->producer();
      const bool is_moved = producer != nullptr && moves(*producer);
      if (is_moved && moved.insert(input).second) readers.push_back(producer);
    }
  }
  return values;
}

}  // namespace gatefold
