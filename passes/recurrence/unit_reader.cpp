#include "passes/recurrence/unit_reader.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "ir/op_def.h"
#include "passes/recurrence/constant_rows.h"
#include "passes/recurrence/contraction.h"
#include "passes/rewriting/counts.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

// A sum with more terms, or one that takes longer to follow, is taken as it is: no step needs more,
// and chains of sums would take time that grows with the square of their length.
constexpr std::size_t kMostTerms = 16;
constexpr int kMostLevels = 96;
constexpr std::int64_t kMostEntries = 8;  // Of an axis that is summed over.

constexpr std::size_t kRow = 0;
constexpr std::size_t kUnit = 1;

void mix(std::size_t& hash, std::int64_t number) {
  hash = hash * 1'000'003 + std::hash<std::int64_t>()(number);
}

// The bias that a convolution adds to each channel.
std::optional<View> bias_of_channels(const View& view, Value& bias) {
  const auto places = coordinates_of(view);
  return places ? std::optional(view_at(bias, view.extents, {(*places)[1]})) : std::nullopt;
}

}  // namespace

std::size_t UnitReader::ViewHash::operator()(const View& view) const {
  std::size_t hash = std::hash<const Value*>()(view.source);
  for (const ViewIndex& index : view.runs) {
    mix(hash, index.offset);
    mix(hash, index.ends);
    for (const std::int64_t stride : index.strides) mix(hash, stride);
  }
  for (const Dim& extent : view.extents) mix(hash, extent.is_known() ? extent.size() : -1);
  return hash;
}

std::optional<View> UnitReader::rows_of(Value& value) {
  const Type& type = value.type();
  if (!type.has_rank() || type.rank() == 0 || type.rank() > 3) return std::nullopt;
  const Shape& shape = *type.shape;
  if (!shape.back().is_known()) return std::nullopt;
  std::vector<ViewIndex> places(shape.size(), {.strides = {0, 0}});
  places.back() = {.strides = {0, 1}};
  Dim rows = 1;
  for (std::size_t axis = 0; axis + 1 < shape.size(); ++axis) {
    if (shape[axis].is(1)) continue;
    if (!rows.is(1)) return std::nullopt;
    rows = shape[axis];
    places[axis] = {.strides = {1, 0}};
  }
  return view_at(value, {rows, shape.back()}, places);
}

UnitReader::Id UnitReader::read(const View& view) { return id_of(reading_of(view)); }

const UnitReader::Reading& UnitReader::reading_of(const View& view) {
  const auto known = readings_.find(view);
  if (known != readings_.end()) return known->second;
  ++depth_;
  Reading reading = compute(view);
  --depth_;
  return readings_.insert_or_assign(view, std::move(reading)).first->second;
}

void UnitReader::close(Value& value) {
  closed_.insert(&value);
  if (const auto rows = rows_of(value))
    readings_.insert_or_assign(*rows, read_leaf(walk_rows(*rows, closed_)));
}

UnitReader::Reading UnitReader::compute(const View& view) {
  const RowWalk path = walk_rows(view, closed_);
  const View& end = path.end;
  const Node* node = end.source->producer();
  if (end.source->depends_on_weights_only()) {
    auto remainder = node == nullptr ? std::nullopt : read_remainder(end, *node);
    if (remainder) return std::move(*remainder);
    return is_expanded_state(path, view) ? read_leaf(path) : read_weights(end);
  }
  const bool is_held = closed_.contains(behind_hold(end.source));
  if (node == nullptr || is_held || depth_ > kMostLevels) {
    return read_leaf(path);
  }
  auto reading = read_product(end, *node);
  if (!reading) reading = read_linear(end, *node);
  if (!reading) reading = read_element(end, *node);
  return reading ? std::move(*reading) : read_leaf(path);
}

// What weights alone make of a state that was learned: products, and biases, which are all that is
// left of a state of zeros.
std::optional<UnitReader::Reading> UnitReader::read_remainder(const View& view, const Node& node) {
  const bool has_rows = std::any_of(view.runs.begin(), view.runs.end(),
                                    [](const ViewIndex& run) { return run.strides[kRow] != 0; });
  auto reading = read_product(view, node);
  if (!reading && has_rows) reading = read_linear(view, node);
  const auto may_be_state = [&](const LinearTerm& term) {
    return !view.extents[kRow].is(1) && term.width().same_as(view.extents[kUnit]);
  };
  const bool is_step =
      reading && reading->rest.empty() &&
      std::all_of(reading->sum.terms.begin(), reading->sum.terms.end(), may_be_state);
  return is_step ? std::move(reading) : std::nullopt;
}

// True for weights that stand there for each row, as a state does that was learned; also for zeros
// that are made for all rows.
bool UnitReader::is_expanded_state(const RowWalk& path, const View& view) const {
  if (!path.whole || view.extents[kRow].is(1)) return false;
  const auto number = number_in(path.end, context_);
  return !number || (*number == 0 && !path.whole->source->depends_on_weights_only());
}

UnitReader::Reading UnitReader::read_weights(const View& view) {
  Reading reading;
  if (const auto number = number_in(view, context_)) {
    reading.sum.number = *number;
    return reading;
  }
  const auto row = row_of(view, context_);
  if (!row) return read_leaf(walk_rows(view, closed_));
  reading.sum.biases = {{*row}};
  return reading;
}

UnitReader::Reading UnitReader::read_leaf(const RowWalk& walk) {
  const auto known = arguments_.find(walk.end);
  if (known != arguments_.end()) {
    Leaf& leaf = leaves_[known->second];
    if (!leaf.whole) leaf.whole = walk.whole;
    return {{}, {{1, known->second}}};
  }
  Leaf leaf{walk.whole};
  if (walk.end.source->depends_on_weights_only() && !number_in(walk.end, context_)) {
    leaf.vector = row_of(walk.end, context_);
  }
  using Kind = ElementFunction::ArgumentKind;
  const bool is_truth = walk.end.source->type().dtype == DataType::kBool;
  const Id argument = function_.add_argument(is_truth      ? Kind::kTruth
                                             : leaf.vector ? Kind::kVector
                                                           : Kind::kState);
  arguments_.emplace(walk.end, argument);
  if (leaf.vector) vectors_.emplace(argument, *leaf.vector);
  if (walk.row != nullptr) {
    if (const auto rows = rows_of(*walk.row)) {
      const LinearTerm row{.operand = *rows,
                           .rows = *rows,
                           .weight = {nullptr, {rows->extents[kUnit], walk.end.extents[kUnit]}},
                           .columns = walk.columns};
      sums_.emplace(argument, LinearSum{.terms = {row}});
      leaf.is_row = true;
    }
  }
  leaves_.emplace(argument, std::move(leaf));
  return {{}, {{1, argument}}};
}

std::vector<UnitReader::Reading> UnitReader::read_operands(const View& view, const Node& node) {
  const auto places = coordinates_of(view);
  std::vector<Reading> readings;
  for (Value* input : node.inputs()) {
    if (!places || input == nullptr) return {};
    const auto own = operand_of(view, input);
    if (!own) return {};
    const bool is_whole = operands_.contains(input) && !input->depends_on_weights_only();
    readings.push_back(is_whole ? read_leaf(walk_rows(*own, closed_)) : reading_of(*own));
  }
  return readings;
}

// True for what is no linear sum and stays one expression, so that it is found where it is used, as
// the cell state is that is squashed.
bool UnitReader::is_expression(const Reading& reading) const {
  const bool is_linear = !reading.sum.terms.empty() || !reading.sum.biases.empty();
  if (is_linear || reading.rest.empty()) return false;
  const auto& [factor, id] = reading.rest.front();
  const bool is_alone = reading.rest.size() == 1 && reading.sum.number == 0;
  return !is_alone || (factor != 1 && !function_.is_argument(id));
}

// The entries along the axis that a ReduceSum adds up.
std::vector<UnitReader::Reading> UnitReader::read_entries(const View& view, const Node& node) {
  const Type& type = node.input(0)->type();
  const Tensor* axes = context_.constant(node.input(1));
  auto places = coordinates_of(view);
  if (!type.has_rank() || axes == nullptr || axes->size() != 1 || !places) return {};
  const std::int64_t axis = axes->to_int64().front();
  const auto place = static_cast<std::size_t>(axis < 0 ? axis + type.rank() : axis);
  const Dim& count = (*type.shape)[place];
  if (!count.is_known() || count.size() > kMostEntries) return {};
  if (node.attr_int("keepdims") != 0) {
    places->erase(places->begin() + static_cast<std::ptrdiff_t>(place));
  }
  places->insert(places->begin() + static_cast<std::ptrdiff_t>(place), {.strides = {0, 0}});
  std::vector<Reading> readings;
  for (std::int64_t entry = 0; entry < count.size(); ++entry) {
    (*places)[place].offset = entry;
    readings.push_back(reading_of(view_at(*node.input(0), view.extents, *places)));
  }
  return readings;
}

// Sums and differences, and products with a number.
std::optional<UnitReader::Reading> UnitReader::read_linear(const View& view, const Node& node) {
  const std::string_view op = node.op().name;
  const bool is_sum = op == "Add" || op == "Sum" || op == "Sub" || op == "Neg" || op == "ReduceSum";
  if (!node.op().domain.empty()) return std::nullopt;
  if (op == "Mul" || op == "Div") return read_factor(view, node);
  if (!is_sum) return std::nullopt;
  const std::vector<Reading> operands =
      op == "ReduceSum" ? read_entries(view, node) : read_operands(view, node);
  Reading result;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const double factor = op == "Neg" || (op == "Sub" && i == 1) ? -1 : 1;
    const Reading& operand = operands[i];
    if (is_expression(operand)) {
      result.rest.emplace_back(factor, id_of(operand));
      continue;
    }
    add(result.sum, operand.sum, factor);
    for (const auto& [own, id] : operand.rest) result.rest.emplace_back(own * factor, id);
  }
  const std::size_t size = result.sum.terms.size() + result.sum.biases.size() + result.rest.size();
  return operands.empty() || size > kMostTerms ? std::nullopt : std::optional(result);
}

// A number times something else, or divided by a number.
std::optional<UnitReader::Reading> UnitReader::read_factor(const View& view, const Node& node) {
  std::vector<Reading> operands = read_operands(view, node);
  if (operands.size() != 2) return std::nullopt;
  const bool divides = node.op().name == "Div";
  for (const std::size_t side : {0, 1}) {
    const Reading& factor = operands[1 - side];
    const bool is_number =
        factor.sum.terms.empty() && factor.sum.biases.empty() && factor.rest.empty();
    if (!is_number || (divides && (side == 1 || factor.sum.number == 0))) continue;
    if (factor.sum.number == 0) return Reading();  // What is left of a zero state.
    const double number = divides ? 1 / factor.sum.number : factor.sum.number;
    Reading result = std::move(operands[side]);
    if (is_expression(result)) return Reading{{}, {{number, id_of(result)}}};
    result.sum = scaled(std::move(result.sum), number);
    for (auto& [own, id] : result.rest) own *= number;
    return result;
  }
  return std::nullopt;
}

std::optional<UnitReader::Reading> UnitReader::read_element(const View& view, const Node& node) {
  const auto places = coordinates_of(view);
  if (!places || !ElementFunction::allows(node)) return std::nullopt;
  std::vector<Id> ids;
  for (Value* input : node.inputs()) {
    const auto own = operand_of(view, input);
    if (input != nullptr && !own) return std::nullopt;
    const bool is_bound = own && node.op().name != "Mul" && is_zero(origin_of(*own), context_);
    ids.push_back(is_bound ? function_.add_number(0) : own ? read(*own) : ElementFunction::kNone);
  }
  const auto id = function_.add_operator(node, ids);
  return id ? std::optional(Reading{{}, {{1, *id}}}) : std::nullopt;
}

std::optional<UnitReader::Reading> UnitReader::read_product(const View& view, const Node& node) {
  const auto product = read_contraction(view);
  if (!product) return std::nullopt;
  const bool is_gemm = node.op().name == "Gemm";
  const double alpha = is_gemm ? node.attr_float("alpha") : 1;
  const double beta = is_gemm ? node.attr_float("beta") : 1;
  Reading result;
  if (alpha == 0 || !add_terms(result.sum, product->rows, origin_of(product->weight), alpha)) {
    return std::nullopt;
  }
  Value* addend = node.op().name == "Einsum" ? nullptr : node.input(2);
  if (addend == nullptr) return result;
  const auto own =
      node.op().name == "Conv" ? bias_of_channels(view, *addend) : operand_of(view, addend);
  if (beta == 0 || !own) return std::nullopt;
  const Reading& added = reading_of(*own);
  add(result.sum, added.sum, beta);
  for (const auto& [factor, id] : added.rest) result.rest.emplace_back(factor * beta, id);
  return result;
}

// One term for each part that a Concat puts together, none for zeros; false when there are too
// many.
bool UnitReader::add_terms(LinearSum& sum, const View& rows, const View& weight,
                           double scale) const {
  const RowWalk path = walk_rows(rows, closed_);
  const auto parts = split_at_seams(path.end, kUnit);
  if (is_zero_state(path.end, context_)) return true;
  if (closed_.contains(path.end.source) || !parts || parts->size() < 2) {
    sum.terms.push_back({path.end, path.whole.value_or(path.end), weight, {}, scale});
    return sum.terms.size() <= kMostTerms;
  }
  return std::all_of(parts->begin(), parts->end(), [&](const ViewPart& part) {
    const View block = part_of(weight, 0, part.first[kUnit], part.view.extents[kUnit]);
    const auto own = behind(part.view);
    return own && add_terms(sum, *own, block, scale);
  });
}

// Numbers beside a scaled sum stay outside, as the beta of a HardSigmoid does.
UnitReader::Id UnitReader::id_of(const Reading& reading) {
  LinearSum sum = reading.sum;
  std::vector<std::pair<double, Id>> rest;
  for (const auto& [factor, id] : reading.rest) {
    const auto leaf = leaves_.find(id);
    const bool is_row = leaf != leaves_.end() && leaf->second.is_row && !sum.terms.empty();
    if (!is_row) {
      rest.emplace_back(factor, id);
      continue;
    }
    if (leaf->second.vector) {
      sum.biases.push_back({*leaf->second.vector, factor});
      continue;
    }
    sum.terms.push_back(sums_.at(id).terms.front());
    sum.terms.back().scale = factor;
  }
  std::optional<Id> result;
  const auto add = [&](Id id, double factor) {
    const Id term = factor == 1 ? id : function_.add_scaled(id, factor);
    result = result ? function_.add_sum(*result, term) : term;
  };
  if (!sum.terms.empty()) {
    const double factor = sum.terms.front().scale;
    const double number = factor == 1 ? 0 : sum.number;
    sum.number -= number;
    add(argument_of(divided(std::move(sum), factor)), factor);
    sum = {.number = number};
  }
  for (const auto& [factor, id] : rest) add(id, factor);
  for (const BiasTerm& bias : sum.biases) {
    const auto known = arguments_.find(bias.vector);
    Id argument = known == arguments_.end()
                      ? function_.add_argument(ElementFunction::ArgumentKind::kVector)
                      : known->second;
    arguments_.emplace(bias.vector, argument);
    vectors_.emplace(argument, bias.vector);
    add(argument, bias.scale);
  }
  if (!result || sum.number != 0) add(function_.add_number(sum.number), 1);
  return *result;
}

UnitReader::Id UnitReader::argument_of(const LinearSum& sum) {
  std::size_t hash = sum.terms.size();
  for (const LinearTerm& term : sum.terms) {
    mix(hash, static_cast<std::int64_t>(ViewHash()(term.operand)));
    mix(hash, static_cast<std::int64_t>(ViewHash()(term.weight)));
  }
  const auto [begin, end] = sums_by_hash_.equal_range(hash);
  for (auto known = begin; known != end; ++known) {
    if (sums_.at(known->second) == sum) return known->second;
  }
  const Id argument = function_.add_argument(ElementFunction::ArgumentKind::kSum);
  sums_.emplace(argument, sum);
  sums_by_hash_.emplace(hash, argument);
  return argument;
}

const LinearSum* UnitReader::sum_of(Id argument) const {
  const auto sum = sums_.find(argument);
  return sum == sums_.end() ? nullptr : &sum->second;
}

LinearSum UnitReader::sum_of(const GateRole& role) const {
  const LinearSum* sum = sum_of(role.sum);
  return sum == nullptr ? LinearSum() : scaled(*sum, role.scale);
}

std::optional<View> UnitReader::state_of(Id argument, const Dim& rows) const {
  const auto leaf = leaves_.find(argument);
  if (leaf != leaves_.end() && leaf->second.whole) return leaf->second.whole;
  const View* vector = vector_of(argument);
  if (vector == nullptr) return std::nullopt;
  View repeated = *vector;
  repeated.extents.front() = rows;
  return repeated;
}

const View* UnitReader::vector_of(Id argument) const {
  const auto vector = vectors_.find(argument);
  return vector == vectors_.end() ? nullptr : &vector->second;
}

}  // namespace gatefold
