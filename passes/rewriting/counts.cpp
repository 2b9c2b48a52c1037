#include "passes/rewriting/counts.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

#include "ir/elements.h"
#include "ir/index.h"
#include "ir/op_def.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

// What stands deeper is a number of its own.
constexpr int kMostDepth = 64;
// Larger numbers are no counts; sums and products of two smaller ones fit into 64 bits.
constexpr std::int64_t kLimit = std::int64_t{1} << 31;
// Conditions made of more parts are not read.
constexpr int kMostParts = 1024;

bool holds_counts(DataType dtype) {
  return dtype == DataType::kInt64 || dtype == DataType::kInt32 || dtype == DataType::kFloat32 ||
         dtype == DataType::kFloat64;
}

bool has_one_element(const Type& type) {
  if (!type.is_tensor() || !type.is_static()) return false;
  const Dims dims = type.dims();
  return std::all_of(dims.begin(), dims.end(), [](std::int64_t extent) { return extent == 1; });
}

std::optional<std::int64_t> whole_number(const Tensor& tensor, std::int64_t index) {
  const double number = tensor.number_at(index);
  const bool is_whole = std::abs(number) < kLimit && number == std::floor(number);
  return is_whole ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
}

bool is_small(const Count& count) {
  const auto fits = [](std::int64_t number) { return number > -kLimit && number < kLimit; };
  return fits(count.offset) && std::all_of(count.strides.begin(), count.strides.end(), fits) &&
         std::all_of(count.terms.begin(), count.terms.end(),
                     [&](const CountTerm& term) { return fits(term.factor); });
}

bool is_zero(std::int64_t number) { return number == 0; }

bool is_same_everywhere(const Count& count) {
  return std::all_of(count.strides.begin(), count.strides.end(), is_zero);
}

bool is_number(const Count& count) { return is_same_everywhere(count) && count.terms.empty(); }

bool is_same(const CountTerm& a, const CountTerm& b) {
  return a.extent.empty() ? b.extent.empty() && a.read == b.read : a.extent == b.extent;
}

void add_term(Count& count, const CountTerm& term) {
  const auto found = std::find_if(count.terms.begin(), count.terms.end(),
                                  [&](const CountTerm& other) { return is_same(other, term); });
  if (found == count.terms.end()) {
    count.terms.push_back(term);
    return;
  }
  found->factor += term.factor;
  if (!found->read) found->read = term.read;
  if (found->factor == 0) count.terms.erase(found);
}

// Adds the position that an index counts, `step` apart.
void add_index(Count& count, const ViewIndex& index, std::int64_t step) {
  count.offset += index.offset * step;
  count.strides.resize(std::max(count.strides.size(), index.strides.size()));
  for (std::size_t k = 0; k < index.strides.size(); ++k) {
    count.strides[k] += index.strides[k] * step;
  }
}

// The only element of a value, in all iterations.
View element_of(Value& value) {
  const std::vector<ViewIndex> start(value.type().shape->size(), ViewIndex::constant(0, 1));
  return view_at(value, {Dim()}, start);
}

}  // namespace

Count operator+(const Count& a, const Count& b) {
  Count sum = a;
  sum.offset += b.offset;
  sum.strides.resize(std::max(a.strides.size(), b.strides.size()));
  for (std::size_t k = 0; k < b.strides.size(); ++k) sum.strides[k] += b.strides[k];
  for (const CountTerm& term : b.terms) add_term(sum, term);
  return sum;
}

Count operator-(const Count& a, const Count& b) { return a + b * -1; }

Count operator*(const Count& a, std::int64_t factor) {
  if (factor == 0) return {};
  Count product = a;
  product.offset *= factor;
  for (std::int64_t& stride : product.strides) stride *= factor;
  for (CountTerm& term : product.terms) term.factor *= factor;
  return product;
}

bool operator==(const Count& a, const Count& b) {
  const Count difference = a - b;
  return is_number(difference) && difference.offset == 0;
}

Count Count::at(const Count& number) const {
  Count fixed = *this;
  if (!strides.empty()) fixed.strides.front() = 0;
  return fixed + number * per_iteration();
}

bool is_at_least(const Count& count, std::int64_t least) {
  return count.offset >= least &&
         std::all_of(count.strides.begin(), count.strides.end(),
                     [](std::int64_t stride) { return stride >= 0; }) &&
         std::all_of(count.terms.begin(), count.terms.end(), [](const CountTerm& term) {
           return !term.extent.empty() && term.factor >= 0;
         });
}

std::optional<View> operand_of(const View& view, Value* operand) {
  const bool has_rank = operand != nullptr && operand->type().has_rank();
  return has_rank ? broadcast(view, *operand) : std::nullopt;
}

std::optional<std::int64_t> known_number(const Value* value, const PassContext& context) {
  const Tensor* tensor = context.constant(value);
  if (tensor == nullptr || tensor->size() != 1 || is_float(tensor->dtype())) return std::nullopt;
  return tensor->to_int64().front();
}

bool CountReader::is_outside(const Value& value) const {
  return loop_ == nullptr || value.graph() != &loop_->body();
}

std::optional<Count> CountReader::read(Value* value) {
  if (value == nullptr || !has_one_element(value->type())) return std::nullopt;
  return read(element_of(*value));
}

std::optional<Count> CountReader::read(const View& view) {
  auto& known = known_[view.source];
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const auto& entry) { return entry.first == view; });
  if (found != known.end()) return found->second;
  ++depth_;
  auto count = compute(view);
  --depth_;
  if (count && !is_small(*count)) count.reset();
  known_[view.source].emplace_back(view, count);
  return count;
}

std::optional<Count> CountReader::compute(const View& view) {
  Value& value = *view.source;
  if (loop_ != nullptr && !loop_->is_scan() && &value == loop_->body().inputs().front()) {
    return Count{.strides = {1}};
  }
  if (auto count = read_known(view)) return count;
  const Node* node = value.producer();
  if (node != nullptr && node->op().domain.empty() && depth_ < kMostDepth) {
    if (auto count = read_node(*node, view)) return count;
  }
  const bool is_single = has_one_element(value.type());
  if (const auto next = depth_ < kMostDepth ? behind_(view) : std::nullopt) {
    if (!is_single || has_one_element(next->source->type())) return read(*next);
  }
  const bool holds_integers =
      value.type().dtype == DataType::kInt64 || value.type().dtype == DataType::kInt32;
  if (!is_outside(value) || !holds_integers) return std::nullopt;
  return Count{.terms = {{.read = view}}};
}

// Extents and numbers that are known while compiling.
std::optional<Count> CountReader::read_known(const View& view) const {
  if (view.runs.size() > 1) return std::nullopt;
  const ViewIndex place =
      view.runs.empty() ? ViewIndex::constant(0, view.rank()) : view.runs.front();
  const auto span = span_of(place, view.extents);
  const auto& elements = view.source->elements();
  if (elements && span && span->first == span->last && span->first >= 0 &&
      span->last < std::ssize(*elements)) {
    const Element& element = (*elements)[static_cast<std::size_t>(place.offset)];
    if (element.number) return Count{.offset = *element.number};
    if (element.symbol.empty()) return std::nullopt;
    const bool is_read = is_outside(*view.source) && has_one_element(view.source->type());
    return Count{.terms = {{.extent = element.symbol,
                            .read = is_read ? std::optional(view) : std::nullopt}}};
  }
  const Tensor* tensor = context_.constant(view.source);
  const bool is_inside =
      tensor != nullptr && span && span->first >= 0 && span->last < tensor->size();
  if (!is_inside) return std::nullopt;
  const auto line =
      line_through(place, view.extents, [&](std::int64_t i) { return whole_number(*tensor, i); });
  return line ? std::optional(Count{.offset = line->offset, .strides = line->strides})
              : std::nullopt;
}

std::optional<Count> CountReader::read_operand(const Node& node, std::size_t port,
                                               const View& view) {
  const auto operand = operand_of(view, node.input(port));
  return operand ? read(*operand) : std::nullopt;
}

std::optional<Count> CountReader::read_node(const Node& node, const View& view) {
  const std::string_view op = node.op().name;
  if (is_one_of(op, {"Add", "Sub", "Mul", "Div", "Neg"})) return read_arithmetic(node, view);
  if (is_one_of(op, {"Max", "Min"})) return read_extremum(node, view);
  if (op == "Where") return read_choice(node, view);
  if (op == "Range") return read_range(node, view);
  if (op == "Cast") {
    const bool keeps =
        holds_counts(node.input(0)->type().dtype) && holds_counts(node.output()->type().dtype);
    return keeps ? read_operand(node, 0, view) : std::nullopt;
  }
  if (is_one_of(op, {"Ceil", "Floor", "Round"})) return read_operand(node, 0, view);
  const bool reduces = is_one_of(op, {"ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum"});
  return reduces ? read(node.input(0)) : std::nullopt;
}

std::optional<Count> CountReader::read_arithmetic(const Node& node, const View& view) {
  const std::string_view op = node.op().name;
  const auto a = read_operand(node, 0, view);
  if (!a) return std::nullopt;
  if (op == "Neg") return *a * -1;
  const auto b = read_operand(node, 1, view);
  if (!b) return std::nullopt;
  if (op == "Add") return *a + *b;
  if (op == "Sub") return *a - *b;
  if (op == "Mul" && is_number(*b)) return *a * b->offset;
  if (op == "Mul" && is_number(*a)) return *b * a->offset;
  const bool divides = op == "Div" && is_number(*b) && std::abs(b->offset) == 1;
  return divides ? std::optional(*a * b->offset) : std::nullopt;
}

// Of two counts one of which is never below the other, as in max (T, 0).
std::optional<Count> CountReader::read_extremum(const Node& node, const View& view) {
  if (node.input_count() > 2) return std::nullopt;
  auto a = read_operand(node, 0, view);
  if (!a || node.input_count() == 1) return a;
  auto b = read_operand(node, 1, view);
  if (!b) return std::nullopt;
  const bool takes_larger = node.op().name == "Max";
  if (stays_at_least(*a - *b, 0)) return takes_larger ? a : b;
  if (stays_at_least(*b - *a, 0)) return takes_larger ? b : a;
  return std::nullopt;
}

// One of two counts, as in where (t < 0, t + T, t).
std::optional<Count> CountReader::read_choice(const Node& node, const View& view) {
  const auto condition = operand_of(view, node.input(0));
  for (const bool holds : {true, false}) {
    std::vector<Count> distances;
    const bool is_certain =
        condition && collect(*condition, !holds, distances) &&
        std::all_of(distances.begin(), distances.end(),
                    [&](const Count& distance) { return stays_at_least(distance, 1); });
    if (is_certain) return read_operand(node, holds ? 1 : 2, view);
  }
  return std::nullopt;
}

// An end of a range, from which some views count, lies at its limit where it counts by ones.
std::optional<Count> CountReader::read_range(const Node& node, const View& view) {
  const ViewIndex& place = view.runs.front();
  const auto step = known_number(node.input(2), context_);
  auto count = read(node.input(place.ends == 0 ? 0 : 1));
  if (!step || !count || (place.ends != 0 && step != 1)) return std::nullopt;
  add_index(*count, place, *step);
  return count;
}

// b - a of a < b or of b > a, b - a + 1 of a <= b or of b >= a; with `negates` of the opposite.
std::optional<Count> CountReader::read_distance(const Node& node, const View& view, bool negates) {
  const std::string_view op = node.op().name;
  if (!is_one_of(op, {"Less", "LessOrEqual", "Greater", "GreaterOrEqual"})) return std::nullopt;
  const auto a = read_operand(node, 0, view);
  const auto b = read_operand(node, 1, view);
  if (!a || !b) return std::nullopt;
  Count distance = op.starts_with("Less") != negates ? *b - *a : *a - *b;
  if (op.ends_with("OrEqual") != negates) ++distance.offset;
  return distance;
}

bool CountReader::collect(const View& condition, bool negates, std::vector<Count>& distances) {
  for (const bool holds : {true, false}) {
    if (!is_filled_with(condition.source, holds == negates ? 0 : 1, context_)) continue;
    if (!holds) distances.emplace_back();
    return true;
  }
  if (const auto next = behind_(condition)) return collect(*next, negates, distances);
  const Node* node = condition.source->producer();
  if (node == nullptr || !node->op().domain.empty()) return false;
  if (++parts_ > kMostParts) return false;
  const auto collect_from = [&](std::size_t port, bool negated) {
    const auto operand = operand_of(condition, node->input(port));
    return operand && collect(*operand, negated, distances);
  };
  const std::string_view op = node->op().name;
  if (op == "Not") return collect_from(0, !negates);
  if (op == "Cast") return collect_from(0, negates);
  if (op == (negates ? "Or" : "And")) return collect_from(0, negates) && collect_from(1, negates);
  const auto distance = read_distance(*node, condition, negates);
  if (distance) distances.push_back(*distance);
  return distance.has_value();
}

std::optional<std::vector<Count>> CountReader::read_condition(const View& condition, bool negates) {
  std::vector<Count> distances;
  parts_ = 0;
  return collect(condition, negates, distances) ? std::optional(distances) : std::nullopt;
}

std::optional<std::vector<Count>> CountReader::read_condition(Value* condition) {
  return has_one_element(condition->type()) ? read_condition(element_of(*condition)) : std::nullopt;
}

bool is_known_outside(const Count& count) {
  return is_same_everywhere(count) &&
         std::all_of(count.terms.begin(), count.terms.end(), [](const CountTerm& term) {
           return term.read && has_one_element(term.read->source->type());
         });
}

Value* build_count(Rewriter& rewriter, const Count& count) {
  const auto constant = [&](std::int64_t number) {
    return rewriter.add_constant("count", Tensor::scalar<std::int64_t>(number));
  };
  Value* sum = nullptr;
  for (const CountTerm& term : count.terms) {
    Value* value = term.read->source;
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
