#include "passes/loops/loop_count.h"

#include <algorithm>
#include <cmath>

#include "ir/elements.h"
#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"

namespace gatefold {
namespace {

// What stands deeper is a number of its own.
constexpr int kMostDepth = 64;
// Larger numbers are no counts; sums and products of two smaller ones fit into 64 bits.
constexpr std::int64_t kLimit = std::int64_t{1} << 31;

bool holds_counts(DataType dtype) {
  return dtype == DataType::kInt64 || dtype == DataType::kInt32 || dtype == DataType::kFloat32 ||
         dtype == DataType::kFloat64;
}

bool has_one_element(const Type& type) {
  if (!type.is_tensor() || !type.is_static()) return false;
  const Dims dims = type.dims();
  return std::all_of(dims.begin(), dims.end(), [](std::int64_t extent) { return extent == 1; });
}

// A constant of one element that is a whole number, of whatever type.
std::optional<std::int64_t> whole_number(const Value& value, const PassContext& context) {
  const Tensor* tensor = context.constant(&value);
  if (tensor == nullptr || tensor->size() != 1) return std::nullopt;
  if (!is_float(tensor->dtype())) return tensor->to_int64().front();
  const double number = tensor->number_at(0);
  const bool is_whole = std::abs(number) < kLimit && number == std::floor(number);
  return is_whole ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
}

bool is_small(const Count& count) {
  const auto fits = [](std::int64_t number) { return number > -kLimit && number < kLimit; };
  return fits(count.iteration) && fits(count.offset) &&
         std::all_of(count.terms.begin(), count.terms.end(),
                     [&](const CountTerm& term) { return fits(term.factor); });
}

bool is_same(const CountTerm& a, const CountTerm& b) {
  return a.extent.empty() ? b.extent.empty() && a.value == b.value : a.extent == b.extent;
}

void add_term(Count& count, const CountTerm& term) {
  const auto found = std::find_if(count.terms.begin(), count.terms.end(),
                                  [&](const CountTerm& other) { return is_same(other, term); });
  if (found == count.terms.end()) {
    count.terms.push_back(term);
    return;
  }
  found->factor += term.factor;
  if (found->value == nullptr) found->value = term.value;
  if (found->factor == 0) count.terms.erase(found);
}

bool is_constant(const Count& count) { return count.iteration == 0 && count.terms.empty(); }

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Count operator+(const Count& a, const Count& b) {
  Count sum = a;
  sum.iteration += b.iteration;
  sum.offset += b.offset;
  for (const CountTerm& term : b.terms) add_term(sum, term);
  return sum;
}

Count operator-(const Count& a, const Count& b) { return a + b * -1; }

Count operator*(const Count& a, std::int64_t factor) {
  if (factor == 0) return {};
  Count product = a;
  product.iteration *= factor;
  product.offset *= factor;
  for (CountTerm& term : product.terms) term.factor *= factor;
  return product;
}

Count Count::at(const Count& number) const {
  Count fixed = *this;
  fixed.iteration = 0;
  return fixed + number * iteration;
}

bool is_at_least(const Count& count, std::int64_t least) {
  return count.iteration >= 0 && count.offset >= least &&
         std::all_of(count.terms.begin(), count.terms.end(), [](const CountTerm& term) {
           return !term.extent.empty() && term.factor >= 0;
         });
}

std::optional<Count> CountReader::read(Value* value) {
  if (value == nullptr) return std::nullopt;
  const auto known = known_.find(value);
  if (known != known_.end()) return known->second;
  ++depth_;
  auto count = compute(value);
  --depth_;
  if (count && !is_small(*count)) count.reset();
  return known_[value] = std::move(count);
}

std::optional<Count> CountReader::compute(Value* value) {
  const Graph& body = loop_.body();
  if (!loop_.is_scan() && value == body.inputs()[loop_port::kIteration]) {
    return Count{.iteration = 1};
  }
  if (const auto number = whole_number(*value, context_)) return Count{.offset = *number};
  const bool is_outside = value->graph() != &body && has_one_element(value->type());
  const auto& elements = value->elements();
  if (elements && elements->size() == 1) {
    const Element& element = elements->front();
    if (element.number) return Count{.offset = *element.number};
    if (!element.symbol.empty()) {
      return Count{.terms = {{.extent = element.symbol, .value = is_outside ? value : nullptr}}};
    }
  }
  const Node* node = value->producer();
  if (node != nullptr && node->op().domain.empty() && depth_ < kMostDepth) {
    if (auto count = read_node(*node)) return count;
  }
  const DataType dtype = value->type().dtype;
  if (!is_outside || (dtype != DataType::kInt64 && dtype != DataType::kInt32)) return std::nullopt;
  return Count{.terms = {{.value = value}}};
}

std::optional<Count> CountReader::read_node(const Node& node) {
  const std::string_view op = node.op().name;
  if (is_one_of(op, {"Add", "Sub", "Mul", "Div", "Neg"})) return read_arithmetic(node);
  if (is_one_of(op, {"Max", "Min"})) return read_extremum(node);
  if (op == "Cast") {
    const bool keeps =
        holds_counts(node.input(0)->type().dtype) && holds_counts(node.output()->type().dtype);
    return keeps ? read(node.input(0)) : std::nullopt;
  }
  if (is_one_of(op, {"Ceil", "Floor", "Identity", "Reshape", "Round", "Squeeze", "Unsqueeze"})) {
    return read(node.input(0));
  }
  const bool reduces_one = is_one_of(op, {"ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum"}) &&
                           has_one_element(node.input(0)->type());
  return reduces_one ? read(node.input(0)) : std::nullopt;
}

std::optional<Count> CountReader::read_arithmetic(const Node& node) {
  const std::string_view op = node.op().name;
  const auto a = read(node.input(0));
  if (!a) return std::nullopt;
  if (op == "Neg") return *a * -1;
  const auto b = read(node.input(1));
  if (!b) return std::nullopt;
  if (op == "Add") return *a + *b;
  if (op == "Sub") return *a - *b;
  if (op == "Mul" && is_constant(*b)) return *a * b->offset;
  if (op == "Mul" && is_constant(*a)) return *b * a->offset;
  const bool divides = op == "Div" && is_constant(*b) && std::abs(b->offset) == 1;
  return divides ? std::optional(*a * b->offset) : std::nullopt;
}

// Of two counts one of which is never below the other, as in max (T, 0).
std::optional<Count> CountReader::read_extremum(const Node& node) {
  if (node.input_count() > 2) return std::nullopt;
  auto a = read(node.input(0));
  if (!a || node.input_count() == 1) return a;
  auto b = read(node.input(1));
  if (!b) return std::nullopt;
  const bool takes_larger = node.op().name == "Max";
  if (is_at_least(*a - *b, 0)) return takes_larger ? a : b;
  if (is_at_least(*b - *a, 0)) return takes_larger ? b : a;
  return std::nullopt;
}

bool is_known_outside(const Count& count) {
  return count.iteration == 0 &&
         std::all_of(count.terms.begin(), count.terms.end(),
                     [](const CountTerm& term) { return term.value != nullptr; });
}

Value* build_count(Rewriter& rewriter, const Count& count) {
  const auto constant = [&](std::int64_t number) {
    return rewriter.add_constant("count", Tensor::scalar<std::int64_t>(number));
  };
  Value* sum = nullptr;
  for (const CountTerm& term : count.terms) {
    Value* value = term.value;
    if (value->type().dtype != DataType::kInt64) {
      value = rewriter.add("Cast", {value}, {{"to", static_cast<std::int64_t>(DataType::kInt64)}});
    }
    if (value->type().rank() != 0) value = rewriter.add("Reshape", {value, rewriter.add_ints({})});
    if (term.factor != 1) value = rewriter.add("Mul", {value, constant(term.factor)});
    sum = sum == nullptr ? value : rewriter.add("Add", {sum, value});
  }
  if (sum == nullptr) return constant(count.offset);
  return count.offset == 0 ? sum : rewriter.add("Add", {sum, constant(count.offset)});
}

}  // namespace gatefold
