#include "language/projects/joined_graph.h"

#include <string>
#include <vector>

#include "ir/error.h"
#include "ir/infer.h"
#include "ir/value_names.h"
#include "passes/rewriting/graph_builder.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {
namespace {

/// The encoder's output that an input of the decoder reads; nullptr if there is none.
Value* source_of(const Graph& encoder, const Value& input,
                 std::span<const CarriedState> decoder_states) {
  if (Value* same = find_output(encoder, input.name())) return same;
  for (const CarriedState& state : decoder_states) {
    if (state.input == input.name()) return find_output(encoder, state.output);
  }
  return nullptr;
}

Value* copy_initializer(const Value& value, Graph& graph) {
  const std::string name = graph.unique_name(value.name());
  if (value.kind() == Value::Kind::kConstant) return graph.add_constant(name, *value.data());
  if (name != value.name()) {
    fail("both models have a parameter '{}'; rename it in one of them", value.name());
  }
  return graph.add_parameter(name, *value.data());
}

/// Adds a decoder to the graph of its encoder.
class Joiner {
 public:
  Joiner(Graph& joined, const Graph& decoder, std::span<const CarriedState> states)
      : joined_(joined), decoder_(decoder), states_(states) {}

  void add_inputs() {
    for (Value* input : decoder_.inputs()) {
      Value* source = source_of(joined_, *input, states_);
      if (source != nullptr && source->type().dtype != input->type().dtype) {
        fail("input '{}' of the decoder has type {}, but the encoder delivers {}", input->name(),
             to_string(input->type()), to_string(source->type()));
      }
      map_[input] = source != nullptr ? source : joined_.add_input(input->name(), input->type());
    }
    while (!joined_.outputs().empty()) joined_.erase_output(joined_.outputs().size() - 1);
  }

  void add_weights() {
    for (const auto& value : decoder_.initializers()) {
      map_[value.get()] = copy_initializer(*value, joined_);
    }
    for (const auto& node : decoder_.nodes()) {
      if (makes_weights(*node)) append_copy(*node, joined_, map_);
    }
  }

  void feed_choices() {
    Value* tokens = find_input(decoder_, "target_tokens");
    Value* logits = find_output(decoder_, "logits");
    const bool fits = tokens != nullptr && tokens->type().has_rank() &&
                      tokens->type().rank() == 2 && logits != nullptr;
    if (!fits) {
      fail("the decoder has no input 'target_tokens' [N, T] or no output 'logits' to choose by");
    }
    map_[tokens] = add_choices(*tokens, *logits);
  }

  void add_decoder() {
    for (const auto& node : decoder_.nodes()) {
      if (!makes_weights(*node)) append_copy(*node, joined_, map_);
    }
    for (const Graph::Output& output : decoder_.outputs()) {
      joined_.add_output(output.name, map_.at(output.value));
    }
    infer_types(joined_);
  }

 private:
  static bool makes_weights(const Node& node) {
    for (std::size_t i = 0; i < node.output_count(); ++i) {
      if (node.output(i) != nullptr) return node.output(i)->depends_on_weights_only();
    }
    return false;
  }

  /// The tokens [N, T] that the decoder reads: a Scan over the steps of target_tokens and forced
  /// that carries the last choice [N] and the decoder's states.
  Value* add_choices(const Value& tokens, const Value& logits) {
    GraphBuilder g(joined_);
    Value* targets = map_.at(&tokens);
    const Dim steps = (*tokens.type().shape)[1];
    Value* forced = joined_.add_input(std::string(kForcedInput), {DataType::kBool, Shape{steps}});
    Value* first = g.add_constant("first", Tensor::scalar(std::int64_t{0}));
    std::vector<Value*> inputs{g.add("Gather", {targets, first}, {{"axis", std::int64_t{1}}})};
    for (const CarriedState& state : states_) {
      inputs.push_back(map_.at(find_input(decoder_, state.input)));
    }
    inputs.push_back(targets);
    inputs.push_back(forced);
    const SubGraph body = make_body(inputs, tokens, logits);
    Node* scan = g.add_node("Scan", inputs, states_.size() + 2,
                            {{"body", body},
                             {"num_scan_inputs", std::int64_t{2}},
                             {"scan_input_axes", std::vector<std::int64_t>{1, 0}},
                             {"scan_output_axes", std::vector<std::int64_t>{1}}});
    return scan->output(states_.size() + 1);
  }

  /// One step of the decoder, which chooses its next token.
  SubGraph make_body(const std::vector<Value*>& inputs, const Value& tokens, const Value& logits) {
    auto body = std::make_shared<Graph>("step", &joined_);
    GraphBuilder g(*body);
    const auto add_input = [&](const std::string& name, const Type& type) {
      return body->add_input(body->unique_name(name), type);
    };
    const Type row{DataType::kInt64, Shape{(*tokens.type().shape)[0]}};
    Graph::ValueMap map = map_;
    Value* last = add_input("last_choice", row);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      map[find_input(decoder_, states_[i].input)] =
          add_input(states_[i].input, inputs[i + 1]->type());
    }
    Value* target = add_input("target_token", row);
    Value* forced = add_input("is_forced", {DataType::kBool, Shape{}});
    Value* token = g.add("Where", {forced, target, last});
    map[&tokens] = g.add("Unsqueeze", {token, g.add_ints({1})});
    for (const auto& node : decoder_.nodes()) {
      if (!makes_weights(*node)) append_copy(*node, *body, map);
    }
    infer_types(*body);
    Value* choice = g.add("ArgMax", {map.at(&logits)},
                          {{"axis", std::int64_t{-1}}, {"keepdims", std::int64_t{0}}});
    body->add_output("choice", g.add("Squeeze", {choice, g.add_ints({1})}));
    for (const CarriedState& state : states_) {
      body->add_output(state.output, map.at(find_output(decoder_, state.output)));
    }
    body->add_output("token", g.add("Identity", {token}));
    return body;
  }

  Graph& joined_;
  const Graph& decoder_;
  std::span<const CarriedState> states_;
  Graph::ValueMap map_;  // Values of the decoder to those of the joined graph.
};

}  // namespace

std::shared_ptr<Graph> join_graphs(const Graph& encoder, const Graph& decoder,
                                   std::span<const CarriedState> decoder_states, DecoderFeed feed) {
  std::shared_ptr<Graph> joined = encoder.clone();
  Joiner joiner(*joined, decoder, decoder_states);
  joiner.add_inputs();
  joiner.add_weights();
  if (feed == DecoderFeed::kChoices) joiner.feed_choices();
  joiner.add_decoder();
  return joined;
}

}  // namespace gatefold
