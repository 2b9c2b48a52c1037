#include "tests/ops/recurrent_case.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace gatefold::test {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::int64_t gate_count(const std::string& op) { return op == "LSTM" ? 4 : op == "GRU" ? 3 : 1; }

struct PortText {
  std::string name;
  std::string type;
};

std::string state_type(const RecurrentCase& c) {
  return c.batch_first ? fmt::format("float[{},{},{}]", c.N, c.D, c.H)
                       : fmt::format("float[{},{},{}]", c.D, c.N, c.H);
}

std::vector<PortText> input_ports(const RecurrentCase& c) {
  const std::int64_t gates = gate_count(c.op) * c.H;
  return {
      {"X", c.batch_first ? fmt::format("float[{},{},{}]", c.N, c.T, c.I)
                          : fmt::format("float[{},{},{}]", c.T, c.N, c.I)},
      {"W", fmt::format("float[{},{},{}]", c.D, gates, c.I)},
      {"R", fmt::format("float[{},{},{}]", c.D, gates, c.H)},
      {"B", fmt::format("float[{},{}]", c.D, 2 * gates)},
      {"sequence_lens", fmt::format("int32[{}]", c.N)},
      {"initial_h", state_type(c)},
      {"initial_c", state_type(c)},
      {"P", fmt::format("float[{},{}]", c.D, 3 * c.H)},
  };
}

std::string attributes_text(const RecurrentCase& c, bool is_training = false) {
  std::vector<std::string> parts;
  if (c.states_hidden_size) parts.push_back(fmt::format("hidden_size = {}", c.H));
  if (c.D == 2) parts.emplace_back(R"(direction = "bidirectional")");
  if (!c.direction.empty()) parts.push_back(fmt::format(R"(direction = "{}")", c.direction));
  if (c.batch_first) parts.emplace_back("layout = 1");
  if (!c.attributes.empty()) parts.push_back(c.attributes);
  if (is_training && c.checkpoint_every > 0) {
    parts.push_back(fmt::format("checkpoint_every = {}", c.checkpoint_every));
  }
  return parts.empty() ? "" : fmt::format("<{}> ", fmt::join(parts, ", "));
}

/// The inputs a case has: their declarations, and the arguments of the node.
struct Inputs {
  explicit Inputs(const RecurrentCase& c) {
    std::size_t last = 0;
    for (const auto& [name, type] : input_ports(c)) {
      const bool is_given = declared.size() < 3 || contains(c.inputs, name) ||
                            (name == "sequence_lens" && !c.sequence_lens.empty());
      if (is_given) declared.push_back(fmt::format("{} {}", type, name));
      arguments.push_back(is_given ? name : "");
      if (is_given) last = arguments.size();
    }
    arguments.resize(last);
  }

  std::vector<std::string> declared;
  std::vector<std::string> arguments;
};

std::string y_type(const RecurrentCase& c) {
  return c.batch_first ? fmt::format("float[{},{},{},{}]", c.N, c.T, c.D, c.H)
                       : fmt::format("float[{},{},{},{}]", c.T, c.D, c.N, c.H);
}

OpCase make_case(const RecurrentCase& c, const std::string& name, const std::string& graph) {
  OpCase op_case{.name = name, .graph = graph};
  if (!c.sequence_lens.empty()) {
    op_case.inputs["sequence_lens"] = Tensor::of<std::int32_t>({c.N}, c.sequence_lens);
  }
  return op_case;
}

}  // namespace

OpCase to_op_case(const RecurrentCase& c) {
  const Inputs inputs(c);
  // ONNX text cannot leave the first output out: every output up to the last wanted one is named.
  std::vector<std::string> results;
  for (const char* name : {"Y", "Y_h", "Y_c"}) {
    results.emplace_back(name);
    if (name == c.outputs.back()) break;
  }
  std::vector<std::string> delivered;
  for (const std::string& name : c.outputs) {
    delivered.push_back((name == "Y" ? "float[a,b,c,d] " : "float[e,f,g] ") + name);
  }
  return make_case(
      c, c.name,
      fmt::format("g ({}) => ({}) {{ {} = {} {}({}) }}", fmt::join(inputs.declared, ", "),
                  fmt::join(delivered, ", "), fmt::join(results, ", "), c.op, attributes_text(c),
                  fmt::join(inputs.arguments, ", ")));
}

OpCase to_training_case(const RecurrentCase& c) {
  const bool is_lstm = c.op == "LSTM";
  Inputs inputs(c);
  std::vector<std::string> results = {"Y", "Y_h"};
  std::vector<std::string> gradients = {"dX", "dW", "dR", "dB", "dinitial_h"};
  if (is_lstm) {
    results.emplace_back("Y_c");
    gradients.insert(gradients.end(), {"dinitial_c", "dP"});
  }
  std::vector<std::string> backward_arguments = inputs.arguments;
  backward_arguments.resize(is_lstm ? 8 : 6);
  const bool has_workspace = is_lstm || c.checkpoint_every == 0;
  backward_arguments.insert(backward_arguments.end(), {"Y", has_workspace ? "workspace" : ""});
  for (const std::string& name : results) {
    const bool is_given = contains(c.outputs, name);
    backward_arguments.push_back(is_given ? "d" + name : "");
    if (!is_given) continue;
    inputs.declared.push_back(fmt::format("{} d{}", name == "Y" ? y_type(c) : state_type(c), name));
  }
  while (backward_arguments.back().empty()) backward_arguments.pop_back();
  if (has_workspace) results.emplace_back("workspace");
  return make_case(
      c, c.name + "Training",
      fmt::format("g ({0}) => (float[] {1}, float[] {2}) {{ {3} = gatefold.{4}Training {5}({6}) "
                  "{7} = gatefold.{4}Grad {5}({8}) }}",
                  fmt::join(inputs.declared, ", "), fmt::join(results, ", float[] "),
                  fmt::join(gradients, ", float[] "), fmt::join(results, ", "), c.op,
                  attributes_text(c, /*is_training=*/true), fmt::join(inputs.arguments, ", "),
                  fmt::join(gradients, ", "), fmt::join(backward_arguments, ", ")));
}

std::vector<OpCase> to_op_cases(const std::vector<RecurrentCase>& cases) {
  std::vector<OpCase> result;
  result.reserve(cases.size());
  for (const RecurrentCase& recurrent : cases) result.push_back(to_op_case(recurrent));
  return result;
}

std::vector<RecurrentCase> all_recurrent_cases() {
  std::vector<RecurrentCase> cases;
  for (const auto& list : {lstm_recurrent_cases(), gru_recurrent_cases(), rnn_recurrent_cases()}) {
    cases.insert(cases.end(), list.begin(), list.end());
  }
  return cases;
}

}  // namespace gatefold::test
