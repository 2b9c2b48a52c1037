#include "ir/ops/recurrent.h"

#include <algorithm>
#include <cassert>

namespace gatefold {
namespace {

const RecurrentKind& kind_of(const Node& node) {
  const std::string_view name = node.op().name;
  for (const RecurrentKind* kind : {&kLstm, &kGru, &kRnn}) {
    if (name == kind->op || name == kind->training_op || name == kind->gradient_op) return *kind;
  }
  assert(false && "not a recurrent operator");
  return kLstm;
}

bool read_flag(const Node& node, std::string_view name) {
  if (node.op().find_attr(name) == nullptr) return false;
  const std::int64_t value = node.attr_int(name);
  if (value != 0 && value != 1) {
    fail("{}: attribute '{}' is {} but must be 0 or 1", node.describe(), name, value);
  }
  return value == 1;
}

std::vector<RecurrentAttrs::Direction> read_directions(const Node& node) {
  const RecurrentAttrs::Direction forward{.is_reverse = false, .activations = {}};
  const RecurrentAttrs::Direction backward{.is_reverse = true, .activations = {}};
  const std::string& direction = node.attr_string("direction");
  if (direction == "forward") return {forward};
  if (direction == "reverse") return {backward};
  if (direction == "bidirectional") return {forward, backward};
  fail("{}: attribute 'direction' is '{}' but must be forward, reverse or bidirectional",
       node.describe(), direction);
}

/// Hands out the values of activation_alpha or activation_beta one by one.
class ParameterList {
 public:
  ParameterList(const Node& node, std::string_view name)
      : node_(node), name_(name), values_(node.attr_floats(name)) {}

  /// The next value, or the default where the list is used up; 0 for a function without parameter.
  float next(std::optional<float> default_value) {
    if (!default_value) return 0;
    return position_ < values_.size() ? values_[position_++] : *default_value;
  }
  void expect_all_taken() const {
    if (position_ == values_.size()) return;
    fail("{}: attribute '{}' has {} values but the activations take only {}", node_.describe(),
         name_, values_.size(), position_);
  }

 private:
  const Node& node_;
  std::string_view name_;
  std::vector<float> values_;
  std::size_t position_ = 0;
};

/// The activations of all directions in one list.
std::vector<Activation> read_activations(const Node& node, const RecurrentKind& kind,
                                         std::size_t directions) {
  const std::vector<std::string>& given = node.attr_strings("activations");
  std::vector<std::string_view> names(given.begin(), given.end());
  if (names.empty()) {
    names.reserve(directions * kind.activation_count);
    for (std::size_t i = 0; i < directions * kind.activation_count; ++i) {
      names.emplace_back(kind.default_activations[i % kind.activation_count]);
    }
  }
  // The operators' schema gives RNN two activations whatever the direction: one direction may come
  // with a list for two.
  if (names.size() != directions * kind.activation_count &&
      names.size() != 2 * kind.activation_count) {
    fail("{}: attribute 'activations' has {} names but must have {}, {} for each direction",
         node.describe(), names.size(), directions * kind.activation_count, kind.activation_count);
  }
  ParameterList alphas(node, "activation_alpha");
  ParameterList betas(node, "activation_beta");
  std::vector<Activation> activations;
  activations.reserve(names.size());
  for (const std::string_view name : names) {
    const ActivationDef* def = find_activation(name);
    if (def == nullptr) {
      fail("{}: activation '{}' is not known; known are {}", node.describe(), name,
           activation_names());
    }
    activations.push_back({def, alphas.next(def->alpha), betas.next(def->beta)});
  }
  alphas.expect_all_taken();
  betas.expect_all_taken();
  return activations;
}

/// One axis of an input: `factor` times the extent named by a letter of T N I H D, or of C, the
/// number of kept cell states among T steps.
struct AxisRule {
  char extent;
  std::int64_t factor = 1;
};

/// The axes of an input, four at most.
class Axes {
 public:
  Axes(std::initializer_list<AxisRule> rules) : count_(rules.size()) {
    assert(count_ <= rules_.size());
    std::copy(rules.begin(), rules.end(), rules_.begin());
  }

  std::size_t size() const { return count_; }
  const AxisRule& operator[](std::size_t axis) const { return rules_[axis]; }

 private:
  std::array<AxisRule, 4> rules_{};
  std::size_t count_;
};

struct InputRule {
  std::size_t input;
  Axes axes;
};

/// The shape table of the operator's inputs.
std::vector<InputRule> shape_rules(const RecurrentAttrs& attrs) {
  using namespace recurrent_input;
  namespace gradient = recurrent_gradient_input;
  const std::int64_t gates = attrs.kind->gate_count();
  const bool is_batch_first = attrs.batch_first;
  const Axes x = is_batch_first ? Axes{{'N'}, {'T'}, {'I'}} : Axes{{'T'}, {'N'}, {'I'}};
  const Axes state = is_batch_first ? Axes{{'N'}, {'D'}, {'H'}} : Axes{{'D'}, {'N'}, {'H'}};
  const Axes y =
      is_batch_first ? Axes{{'N'}, {'T'}, {'D'}, {'H'}} : Axes{{'T'}, {'D'}, {'N'}, {'H'}};
  const Axes workspace = attrs.checkpoint_every > 0
                             ? Axes{{'D'}, {'C'}, {'N'}, {'H'}}
                             : Axes{{'D'}, {'T'}, {'N'}, {'H', attrs.kind->workspace_blocks}};
  const std::size_t first = attrs.kind->input_count();
  std::vector<InputRule> rules = {
      {kX, x},
      {kW, {{'D'}, {'H', gates}, {'I'}}},
      {kR, {{'D'}, {'H', gates}, {'H'}}},
      {kB, {{'D'}, {'H', 2 * gates}}},
      {kSequenceLens, {{'N'}}},
      {kInitialH, state},
      {first + gradient::kY, y},
      {first + gradient::kDy, y},
      {first + gradient::kDyh, state},
  };
  if (attrs.kind->has_cell_state) {
    rules.push_back({kInitialC, state});
    rules.push_back({kP, {{'D'}, {'H', 3}}});
    rules.push_back({first + gradient::kDyc, state});
  }
  // Behind those that tell T.
  rules.push_back({first + gradient::kWorkspace, workspace});
  return rules;
}

std::string to_string(const AxisRule& rule) {
  return rule.factor == 1 ? std::string(1, rule.extent)
                          : fmt::format("{}*{}", rule.factor, rule.extent);
}

std::string to_string(const InputRule& rule) {
  std::string text;
  for (std::size_t axis = 0; axis < rule.axes.size(); ++axis) {
    if (axis > 0) text += ',';
    text += to_string(rule.axes[axis]);
  }
  return text;
}

/// What told an extent: "input X".
struct Source {
  std::string_view kind;
  std::string_view name;
};

std::string to_string(const Source& source) {
  return fmt::format("{} {}", source.kind, source.name);
}

/// Collects the extents from the inputs, remembering which input told each one.
class ExtentSolver {
 public:
  ExtentSolver(const Node& node, const RecurrentAttrs& attrs)
      : node_(node), checkpoint_every_(attrs.checkpoint_every) {
    at('D') = {attrs.direction_count(), {"attribute", "'direction'"}};
    if (attrs.hidden_size) at('H') = {*attrs.hidden_size, {"attribute", "'hidden_size'"}};
  }

  void apply(const InputRule& rule, const Type& type) {
    if (!type.has_rank()) return;
    const Source input{"input", node_.op().inputs[rule.input].name};
    if (type.rank() != static_cast<std::int64_t>(rule.axes.size())) {
      fail("{}: {} is {} with {} dimensions but must have {}: [{}]", node_.describe(),
           to_string(input), gatefold::to_string(type), type.rank(), rule.axes.size(),
           to_string(rule));
    }
    for (std::size_t axis = 0; axis < rule.axes.size(); ++axis) {
      bind(rule.axes[axis], (*type.shape)[axis], input, type, axis);
    }
  }

  RecurrentDims dims() {
    return {at('T').size, at('N').size, at('I').size, at('H').size, at('D').size};
  }

 private:
  struct Extent {
    Dim size;
    Source source;
  };

  Extent& at(char letter) { return extents_[kLetters.find(letter)]; }

  void bind(const AxisRule& rule, const Dim& dim, const Source& input, const Type& type,
            std::size_t axis) {
    Extent& extent = at(rule.extent);
    if (rule.extent == 'C' && at('T').size.is_known()) {
      extent = {kept_state_count(at('T').size.size(), checkpoint_every_), at('T').source};
    }
    if (!dim.is_known()) {
      if (rule.factor == 1 && !extent.size.is_known()) extent = {dim, input};
      return;
    }
    if (extent.size.is_known() && dim.size() != rule.factor * extent.size.size()) {
      fail("{}: {} is {} but its axis {} must be {}: {} with {} = {} from {}", node_.describe(),
           to_string(input), gatefold::to_string(type), axis, rule.factor * extent.size.size(),
           to_string(rule), rule.extent, extent.size.size(), to_string(extent.source));
    }
    if (dim.size() % rule.factor != 0) {
      fail("{}: {} is {} but its axis {} must be a multiple of {}: {}", node_.describe(),
           to_string(input), gatefold::to_string(type), axis, rule.factor, to_string(rule));
    }
    if (!extent.size.is_known()) extent = {dim.size() / rule.factor, input};
  }

  static constexpr std::string_view kLetters = "TNIHDC";
  const Node& node_;
  std::int64_t checkpoint_every_;
  std::array<Extent, kLetters.size()> extents_;
};

RecurrentDims checked_dims(const InferContext& context, const RecurrentAttrs& attrs) {
  std::vector<const Type*> inputs(context.input_count());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (context.has_input(i)) inputs[i] = &context.input(i);
  }
  return check_recurrent_shapes(context.node(), attrs, inputs);
}

Shape state_shape(const RecurrentAttrs& attrs, const RecurrentDims& dims) {
  return attrs.batch_first ? Shape{dims.N, dims.D, dims.H} : Shape{dims.D, dims.N, dims.H};
}

Dim kept_state_count(const Dim& T, std::int64_t every) {
  return T.is_known() ? Dim(gatefold::kept_state_count(T.size(), every)) : Dim();
}

/// `factor` times an extent, where that is known.
Dim multiple(const Dim& dim, std::int64_t factor) {
  if (factor == 1) return dim;
  return dim.is_known() ? Dim(factor * dim.size()) : Dim();
}

}  // namespace

bool RecurrentAttrs::has_default_activations() const {
  for (const Direction& direction : directions) {
    for (std::size_t i = 0; i < kind->activation_count; ++i) {
      if (direction.activations[i].def->name != kind->default_activations[i]) return false;
    }
  }
  return true;
}

RecurrentAttrs read_recurrent_attrs(const Node& node) {
  RecurrentAttrs attrs;
  attrs.kind = &kind_of(node);
  attrs.directions = read_directions(node);
  const std::vector<Activation> activations =
      read_activations(node, *attrs.kind, attrs.directions.size());
  for (std::size_t d = 0; d < attrs.directions.size(); ++d) {
    std::copy_n(activations.begin() + d * attrs.kind->activation_count,
                attrs.kind->activation_count, attrs.directions[d].activations.begin());
  }
  if (node.has_attr("hidden_size")) {
    attrs.hidden_size = node.attr_int("hidden_size");
    if (*attrs.hidden_size <= 0) {
      fail("{}: attribute 'hidden_size' is {} but must be positive", node.describe(),
           *attrs.hidden_size);
    }
  }
  if (node.has_attr("clip")) {
    attrs.clip = node.attr_float("clip");
    if (!(*attrs.clip > 0)) {
      fail("{}: attribute 'clip' is {} but must be positive; leave it out for no clipping",
           node.describe(), *attrs.clip);
    }
  }
  attrs.batch_first = read_flag(node, "layout");
  attrs.input_forget = read_flag(node, "input_forget");
  attrs.linear_before_reset = read_flag(node, "linear_before_reset");
  if (node.op().find_attr("checkpoint_every") != nullptr) {
    attrs.checkpoint_every = node.attr_int("checkpoint_every");
    if (attrs.checkpoint_every < 0) {
      fail("{}: attribute 'checkpoint_every' must not be negative", node.describe());
    }
  }
  return attrs;
}

RecurrentExtents::RecurrentExtents(const RecurrentAttrs& attrs, const RecurrentDims& dims)
    : T(dims.T.size()),
      N(dims.N.size()),
      I(dims.I.size()),
      H(dims.H.size()),
      D(dims.D.size()),
      G(attrs.kind->gate_count()) {
  if (attrs.batch_first) {
    x = {.time = I, .batch = T * I};
    y = {.time = D * H, .batch = T * D * H, .direction = H};
    state = {.batch = D * H, .direction = H};
  } else {
    x = {.time = N * I, .batch = I};
    y = {.time = D * N * H, .batch = H, .direction = N * H};
    state = {.batch = H, .direction = N * H};
  }
  const std::int64_t row = attrs.kind->workspace_blocks * H;
  workspace = {.time = N * row, .batch = row, .direction = T * N * row};
}

RecurrentDims check_recurrent_shapes(const Node& node, const RecurrentAttrs& attrs,
                                     std::span<const Type* const> inputs) {
  ExtentSolver solver(node, attrs);
  for (const InputRule& rule : shape_rules(attrs)) {
    if (rule.input < inputs.size() && inputs[rule.input] != nullptr) {
      solver.apply(rule, *inputs[rule.input]);
    }
  }
  return solver.dims();
}

void check_sequence_lens(const Node& node, std::span<const std::int32_t> lengths, std::int64_t T) {
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    if (lengths[n] < 0 || lengths[n] > T) {
      fail("{}: sequence_lens[{}] is {} but must be in [0, {}], the steps of X", node.describe(), n,
           lengths[n], T);
    }
  }
}

void infer_recurrent(InferContext& context) {
  const RecurrentAttrs attrs = read_recurrent_attrs(context.node());
  const auto [T, N, I, H, D] = checked_dims(context, attrs);
  const DataType dtype = context.dtype(recurrent_input::kX);
  const Shape state = state_shape(attrs, {T, N, I, H, D});
  context.set_output(recurrent_output::kY,
                     {dtype, attrs.batch_first ? Shape{N, T, D, H} : Shape{T, D, N, H}});
  context.set_output(recurrent_output::kYh, {dtype, state});
  if (attrs.kind->has_cell_state) context.set_output(recurrent_output::kYc, {dtype, state});
  const Shape workspace = attrs.checkpoint_every > 0
                              ? Shape{D, kept_state_count(T, attrs.checkpoint_every), N, H}
                              : Shape{D, T, N, multiple(H, attrs.kind->workspace_blocks)};
  context.set_output(attrs.kind->output_count(), {dtype, workspace});
}

void infer_recurrent_gradient(InferContext& context) {
  using namespace recurrent_gradient_output;
  const RecurrentAttrs attrs = read_recurrent_attrs(context.node());
  if (!context.has_input(attrs.kind->input_count() + recurrent_gradient_input::kWorkspace) &&
      (attrs.checkpoint_every == 0 || attrs.kind->has_cell_state)) {
    fail("{}: input workspace is missing", context.node().describe());
  }
  const auto [T, N, I, H, D] = checked_dims(context, attrs);
  const std::int64_t gates = attrs.kind->gate_count();
  const Shape state = state_shape(attrs, {T, N, I, H, D});
  const auto set = [&](std::size_t output, const Shape& shape) {
    context.set_output(output, {context.dtype(recurrent_input::kX), shape});
  };
  set(kDx, attrs.batch_first ? Shape{N, T, I} : Shape{T, N, I});
  set(kDw, {D, multiple(H, gates), I});
  set(kDr, {D, multiple(H, gates), H});
  set(kDb, {D, multiple(H, 2 * gates)});
  set(kDinitialH, state);
  set(kDinitialC, state);
  set(kDp, {D, multiple(H, 3)});
  set(attrs.kind->state_gradient_output(), {T, D, N, H});
}

std::vector<Port> recurrent_inputs(const RecurrentKind& kind) {
  constexpr auto kOptional = Port::Arity::kOptional;
  std::vector<Port> ports = {
      {"X", "T", kFloatTypes},
      {"W", "T", kFloatTypes},
      {"R", "T", kFloatTypes},
      {"B", "T", kFloatTypes, kOptional},
      {"sequence_lens", "T1", DataTypeSet(DataType::kInt32), kOptional},
      {"initial_h", "T", kFloatTypes, kOptional},
  };
  if (kind.has_cell_state) {
    ports.push_back({"initial_c", "T", kFloatTypes, kOptional});
    ports.push_back({"P", "T", kFloatTypes, kOptional});
  }
  return ports;
}

std::vector<Port> recurrent_outputs(const RecurrentKind& kind) {
  constexpr auto kOptional = Port::Arity::kOptional;
  std::vector<Port> ports = {{"Y", "T", kFloatTypes, kOptional},
                             {"Y_h", "T", kFloatTypes, kOptional}};
  if (kind.has_cell_state) ports.push_back({"Y_c", "T", kFloatTypes, kOptional});
  return ports;
}

std::vector<AttrDef> recurrent_attrs() {
  using Kind = AttrDef::Kind;
  return {
      {"activation_alpha", Kind::kFloats},
      {"activation_beta", Kind::kFloats},
      {"activations", Kind::kStrings},
      {"clip", Kind::kFloat},
      {"direction", Kind::kString, "forward"},
      {"hidden_size", Kind::kInt},
      {.name = "layout", .kind = Kind::kInt, .default_value = 0, .since = 14},
  };
}

}  // namespace gatefold
