#include "language/templates/attention.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "ir/infer.h"
#include "language/templates/building.h"

namespace gatefold {
namespace {

/// Makes weights of scores [N, T, S]; what is masked gets none. `allowed` is bool [N, 1, S].
Value* weigh(GraphBuilder& builder, Value* scores, Value* allowed) {
  Value* lowest = builder.add_constant("lowest", Tensor::scalar(-1e30F));
  return builder.add("Softmax", {builder.add("Where", {allowed, scores, lowest})},
                     {{"axis", std::int64_t{-1}}});
}

/// Ones [T, N, H] for the output of each layer but the last.
std::vector<Value*> add_kept(Network& network, const std::string& module, Value* x,
                             const RecurrentShape& shape) {
  GraphBuilder& builder = network.builder();
  Value* steps = builder.add("Shape", {transpose(network, x, {1, 0, 2})},
                             {{"start", std::int64_t{0}}, {"end", std::int64_t{2}}});
  Value* extents =
      builder.add("Concat", {steps, builder.add_ints({shape.hidden})}, {{"axis", std::int64_t{0}}});
  Value* one = builder.add_constant("one", Tensor::scalar(1.0F));
  std::vector<Value*> kept;
  for (std::int64_t layer = 0; layer + 1 < shape.layers; ++layer) {
    kept.push_back(
        add_named(builder, fmt::format("{}.kept_l{}", module, layer), "Expand", {one, extents}));
  }
  return kept;
}

/// A decoder's step that attends before its recurrent layers go on. The parameters, and what does
/// not change from step to step, stand in the model; the step is the body of a Scan.
class AttendingStep {
 public:
  AttendingStep(Network& network, const std::string& module, const RecurrentShape& shape,
                const AttendedText& text)
      : model_(network.builder()),
        shape_(shape),
        text_(text),
        query_(network.linear_weights(module + ".attention.Wa", shape.hidden, shape.hidden)),
        keys_(network.linear(module + ".attention.Ua", text.outputs, text.width, shape.hidden)),
        score_(network.linear_weights(module + ".attention.Va", shape.hidden, 1)),
        rnn_(network, module + ".rnn", joined(shape, text)),
        allowed_(model_.add("Unsqueeze", {text.mask, model_.add_ints({1})})) {}

  /// The body: states [L, N, H], x [N, I] and `kept` values [N, H] -> next states, state [N, H] and
  /// weights [N, S].
  SubGraph make_body(const RecurrentStates& initial, std::size_t kept) const {
    auto body = std::make_shared<Graph>("step", &model_.graph());
    GraphBuilder g(*body);
    const auto add_input = [&](const char* name, const Shape& shape) {
      return body->add_input(body->unique_name(name), {DataType::kFloat32, shape});
    };
    RecurrentInputs inputs;
    inputs.initial.h = add_input("h", *initial.h->type().shape);
    if (initial.c != nullptr) inputs.initial.c = add_input("c", *initial.c->type().shape);
    const Dim texts(std::string("N"));
    Value* x = add_input("x", {texts, Dim(shape_.input)});
    for (std::size_t i = 0; i < kept; ++i) {
      inputs.kept.push_back(add_input("kept", {texts, Dim(shape_.hidden)}));
    }
    Value* weights = add_weights(g, inputs.initial.h);
    Value* context = squeeze(g, g.add("MatMul", {weights, text_.outputs}), 1);
    Value* both = g.add("Concat", {x, context}, {{"axis", std::int64_t{-1}}});
    inputs.x = g.add("Unsqueeze", {both, g.add_ints({0})});
    const RecurrentResult next = rnn_.add_to(g, inputs);
    body->add_output("next_h", next.final.h);
    if (next.final.c != nullptr) body->add_output("next_c", next.final.c);
    body->add_output("state", squeeze(g, next.output, 0));
    body->add_output("weights", squeeze(g, weights, 1));
    return body;
  }

 private:
  static RecurrentShape joined(RecurrentShape shape, const AttendedText& text) {
    shape.input += text.width;
    return shape;
  }

  static Value* squeeze(GraphBuilder& g, Value* value, std::int64_t axis) {
    return g.add("Squeeze", {value, g.add_ints({axis})});
  }

  /// How much each output of the encoder counts: [N, 1, S].
  Value* add_weights(GraphBuilder& g, Value* h) const {
    Value* last_layer = g.add_constant("last_layer", Tensor::scalar(shape_.layers - 1));
    Value* query = query_.add_to(g, g.add("Gather", {h, last_layer}));
    Value* sums = g.add("Add", {g.add("Unsqueeze", {query, g.add_ints({1})}), keys_});
    Value* column = score_.add_to(g, g.add("Tanh", {sums}));
    Value* scores = g.add("Transpose", {column}, {{"perm", std::vector<std::int64_t>{0, 2, 1}}});
    return weigh(g, scores, allowed_);
  }

  GraphBuilder& model_;
  const RecurrentShape& shape_;
  const AttendedText& text_;
  LinearWeights query_;
  Value* keys_;
  LinearWeights score_;
  RecurrentModule rnn_;
  Value* allowed_;
};

}  // namespace

AttendedText add_attended_text(Network& network, std::int64_t width) {
  const Dim texts(std::string("N"));
  const Dim length(std::string("S"));
  Value* outputs =
      network.input("encoder_output", {DataType::kFloat32, Shape{texts, length, Dim(width)}});
  Value* mask = network.input("encoder_mask", {DataType::kBool, Shape{texts, length}});
  return {outputs, mask, width};
}

Attended attend_by_products(Network& network, const std::string& module, Value* states,
                            std::int64_t hidden, const AttendedText& text) {
  GraphBuilder& builder = network.builder();
  Value* query = network.linear(module + ".attention", states, hidden, text.width, false);
  Value* scores = builder.add("MatMul", {query, transpose(network, text.outputs, {0, 2, 1})});
  Value* allowed = builder.add("Unsqueeze", {text.mask, builder.add_ints({1})});
  Value* weights = weigh(builder, scores, allowed);
  Value* context = builder.add("MatMul", {weights, text.outputs});
  Value* both = builder.add("Concat", {context, states}, {{"axis", std::int64_t{-1}}});
  Value* combined = network.linear(module + ".combine", both, text.width + hidden, hidden, false);
  return {builder.add("Tanh", {combined}), weights};
}

AttendingSteps attend_by_sums(Network& network, const std::string& module, Value* x,
                              const RecurrentShape& shape, const RecurrentStates& initial,
                              const AttendedText& text, bool drops) {
  const AttendingStep step(network, module, shape, text);
  std::vector<Value*> operands{initial.h};
  if (initial.c != nullptr) operands.push_back(initial.c);
  const std::size_t carried = operands.size();
  std::vector<Value*> kept;
  if (drops) kept = add_kept(network, module + ".rnn", x, shape);
  operands.push_back(x);
  operands.insert(operands.end(), kept.begin(), kept.end());
  std::vector<std::int64_t> axes(operands.size() - carried, 0);
  axes.front() = 1;
  const Node* scan =
      network.builder().add_node("Scan", operands, carried + 2,
                                 {{"body", step.make_body(initial, kept.size())},
                                  {"num_scan_inputs", std::ssize(axes)},
                                  {"scan_input_axes", axes},
                                  {"scan_output_axes", std::vector<std::int64_t>{1, 1}}});
  return {.attended = {scan->output(carried), scan->output(carried + 1)},
          .final = {scan->output(0), initial.c == nullptr ? nullptr : scan->output(1)}};
}

}  // namespace gatefold
