#include "passes/training/add_dropout.h"

#include <fnmatch.h>

#include <vector>

#include "ir/error.h"
#include "passes/rewriting/graph_builder.h"

namespace gatefold {
namespace {

/// A value of which elements may be dropped.
struct Place {
  Value* value;
  double probability = 0;
};

void note_place(Value* value, std::vector<Place>& places) {
  if (value == nullptr || value->depends_on_weights_only()) return;
  if (value->type().is_tensor() && is_float(value->type().dtype)) places.push_back({value});
}

std::vector<Place> find_places(const Graph& graph) {
  std::vector<Place> places;
  for (Value* input : graph.inputs()) note_place(input, places);
  for (const auto& node : graph.nodes()) {
    for (std::size_t i = 0; i < node->output_count(); ++i) note_place(node->output(i), places);
  }
  return places;
}

void apply(const DropoutRule& rule, std::vector<Place>& places) {
  if (!(rule.probability >= 0 && rule.probability < 1)) {
    fail("dropout '{}': the probability is {}; it must be at least 0 and below 1", rule.pattern,
         rule.probability);
  }
  bool matches = false;
  for (Place& place : places) {
    if (fnmatch(rule.pattern.c_str(), place.value->name().c_str(), 0) != 0) continue;
    place.probability = rule.probability;
    matches = true;
  }
  if (matches) return;
  fail(
      "dropout '{}' matches no value that the model computes of its inputs; 'gatefold inspect "
      "--text' shows their names",
      rule.pattern);
}

void drop_behind(GraphBuilder& g, const Place& place) {
  Value* ratio = g.add_scalar(place.probability, *place.value);
  Value* training = g.add_constant("training", Tensor::scalar(true));
  Value* left = g.add("Dropout", {place.value, ratio, training});
  g.graph().replace_all_uses(place.value, left);
  left->producer()->set_input(0, place.value);
}

}  // namespace

void add_dropout(Graph& graph, std::span<const DropoutRule> rules) {
  std::vector<Place> places = find_places(graph);
  for (const DropoutRule& rule : rules) apply(rule, places);
  GraphBuilder g(graph);
  for (const Place& place : places) {
    if (place.probability > 0) drop_behind(g, place);
  }
  graph.sort_topologically();
}

}  // namespace gatefold
