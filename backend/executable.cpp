#include "backend/executable.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_set>
#include <utility>

#include "backend/plan/stage.h"
#include "ir/error.h"
#include "ir/evaluate.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

// Checks one input against its declared type; `symbols` holds the extents named so far.
void check_input(const Value& input, const Datum& datum,
                 std::map<std::string, std::pair<std::int64_t, std::string>>& symbols) {
  const auto* tensor = std::get_if<Tensor>(&datum);
  const Type& declared = input.type();
  if (!declared.is_tensor()) {
    const bool fits =
        std::holds_alternative<Sequence>(datum) || declared.kind == Type::Kind::kOptional;
    if (!fits) fail("input '{}' is a tensor but must be {}", input.name(), to_string(declared));
    return;
  }
  if (tensor == nullptr || !tensor->is_defined()) {
    fail("input '{}' is not a tensor but must be {}", input.name(), to_string(declared));
  }
  bool fits = tensor->dtype() == declared.dtype &&
              (!declared.has_rank() || declared.rank() == tensor->rank());
  for (std::size_t i = 0; fits && declared.has_rank() && i < declared.shape->size(); ++i) {
    const Dim& dim = (*declared.shape)[i];
    const std::int64_t size = tensor->dims()[i];
    fits = !dim.is_known() || dim.size() == size;
    if (!dim.is_symbol()) continue;
    const auto [known, is_new] = symbols.try_emplace(dim.symbol(), size, input.name());
    if (!is_new && known->second.first != size) {
      fail("input '{}' is {}, which makes '{}' {}, but input '{}' makes it {}; they must agree",
           input.name(), to_string(tensor->type()), dim.symbol(), size, known->second.second,
           known->second.first);
    }
  }
  if (!fits) {
    fail("input '{}' is {} but must be {}", input.name(), to_string(tensor->type()),
         to_string(declared));
  }
}

/// Writes those outputs over their states that have not been computed there.
void copy_updates(const CompileOptions& options, std::span<const Datum> outputs,
                  std::span<const Datum> inputs) {
  if (options.updates.empty() || !are_finite(outputs, options.checks)) return;
  for (const StateUpdate& update : options.updates) {
    const auto* output = std::get_if<Tensor>(&outputs[update.output]);
    if (output == nullptr) continue;
    const auto& state = std::get<Tensor>(inputs[update.input]);
    if (state.dtype() != output->dtype() || state.dims() != output->dims()) {
      fail("the next value of a state of {} is {}", to_string(state.type()),
           to_string(output->type()));
    }
    std::memcpy(const_cast<std::byte*>(state.raw()), output->raw(), output->bytes());
  }
}

}  // namespace

Executable::Executable(std::shared_ptr<const Graph> graph, CompileOptions options)
    : graph_(std::move(graph)), options_(std::move(options)) {
  require_support(options_.products);
  find_known(*graph_);
  find_needed_nodes(*graph_);
}

const Tensor* Executable::known(const Value* value) const {
  if (value->has_data()) return value->data();
  const auto found = known_.find(value);
  return found == known_.end() ? nullptr : &found->second;
}

const std::vector<Value*>& Executable::captured(const Node& node) const {
  static const std::vector<Value*> none;
  const auto found = captured_.find(&node);
  return found == captured_.end() ? none : found->second;
}

void Executable::find_known(const Graph& graph) {
  for (const auto& node : graph.nodes()) {
    for (const Graph* body : node->sub_graphs()) find_known(*body);
    if (node->op().is_random || !node->sub_graphs().empty()) continue;
    std::vector<Datum> inputs(node->input_count());
    std::vector<const Datum*> pointers(node->input_count());
    bool all_known = true;
    for (std::size_t i = 0; all_known && i < inputs.size(); ++i) {
      if (node->input(i) == nullptr) continue;
      const Tensor* tensor = known(node->input(i));
      all_known = tensor != nullptr;
      if (all_known) inputs[i] = *tensor;
      pointers[i] = &inputs[i];
    }
    if (!all_known) continue;
    std::vector<Datum> outputs(node->output_count());
    evaluate_node(*node, pointers, outputs, Precision::kNative, {});
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto* tensor = std::get_if<Tensor>(&outputs[i]);
      if (node->output(i) != nullptr && tensor != nullptr) known_[node->output(i)] = *tensor;
    }
  }
}

void Executable::find_needed_nodes(const Graph& graph) {
  std::unordered_set<const Node*> needed;
  const auto need = [&](const Value* value) {
    if (value != nullptr && value->producer() != nullptr && known(value) == nullptr) {
      needed.insert(value->producer());
    }
  };
  std::vector<const Node*>& nodes = nodes_[&graph];
  for (const Graph::Output& output : graph.outputs()) need(output.value);
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (needed.count(node->get()) == 0) continue;
    nodes.push_back(node->get());
    for (const Value* value : (*node)->inputs()) need(value);
    const auto bodies = (*node)->sub_graphs();
    if (bodies.empty()) continue;
    captured_[node->get()] = captured_values(**node);
    for (const Value* value : captured_[node->get()]) need(value);
    for (const Graph* body : bodies) find_needed_nodes(*body);
  }
  std::reverse(nodes.begin(), nodes.end());
}

struct Context::State {
  std::vector<std::unique_ptr<Stage>> stages;  // The most recently used one first.
  std::vector<const Datum*> inputs;
  std::vector<Datum> delivered;  // Outputs, some of them in the caller's memory.
  bool profiling = false;
};

Context::Context(std::shared_ptr<const Executable> executable)
    : executable_(std::move(executable)), state_(std::make_unique<State>()) {}
Context::~Context() = default;
Context::Context(Context&&) noexcept = default;

std::span<const Datum> Context::run(std::span<const Datum> inputs) {
  const Graph& graph = executable_->graph();
  if (inputs.size() != graph.inputs().size()) {
    fail("{} inputs are given but the model has {}", inputs.size(), graph.inputs().size());
  }
  omp_set_num_threads(executable_->options().threads);
  state_->inputs.clear();
  for (const Datum& datum : inputs) state_->inputs.push_back(&datum);

  auto& stages = state_->stages;
  const auto found = std::find_if(stages.begin(), stages.end(),
                                  [&](const auto& stage) { return stage->fits(state_->inputs); });
  if (found == stages.end()) {
    std::map<std::string, std::pair<std::int64_t, std::string>> symbols;
    std::vector<StageInput> stage_inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Value* input = graph.inputs()[i];
      check_input(*input, inputs[i], symbols);
      const auto* tensor = std::get_if<Tensor>(&inputs[i]);
      stage_inputs.push_back({input, tensor == nullptr ? input->type() : tensor->type()});
    }
    if (stages.size() >= Stage::kMostPlans) stages.pop_back();
    stages.insert(stages.begin(),
                  std::make_unique<Stage>(*executable_, graph, std::move(stage_inputs),
                                          executable_->nodes_of(graph)));
  } else {
    std::rotate(stages.begin(), found, found + 1);
  }
  const auto outputs = stages.front()->run(state_->inputs, state_->profiling);
  copy_updates(executable_->options(), outputs, inputs);
  return outputs;
}

std::span<const Datum> Context::run(std::span<const Datum> inputs, std::span<const Tensor> memory) {
  const std::span<const Datum> outputs = run(inputs);
  state_->delivered.assign(outputs.begin(), outputs.end());
  for (std::size_t i = 0; i < std::min(memory.size(), outputs.size()); ++i) {
    const auto* output = std::get_if<Tensor>(&outputs[i]);
    const Tensor& place = memory[i];
    if (output == nullptr || place.dtype() != output->dtype() || place.dims() != output->dims()) {
      continue;
    }
    std::memcpy(const_cast<std::byte*>(place.raw()), output->raw(), output->bytes());
    state_->delivered[i] = place;
  }
  return state_->delivered;
}

void Context::set_profiling(bool enabled) { state_->profiling = enabled; }

std::vector<StepProfile> Context::profile() const {
  std::vector<StepProfile> profile;
  for (const auto& stage : state_->stages) stage->append_profile(profile);
  return profile;
}

}  // namespace gatefold
