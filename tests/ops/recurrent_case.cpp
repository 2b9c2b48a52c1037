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

std::vector<PortText> input_ports(const RecurrentCase& c) {
  const std::int64_t gates = gate_count(c.op) * c.H;
  const std::string state = c.batch_first ? fmt::format("float[{},{},{}]", c.N, c.D, c.H)
                                          : fmt::format("float[{},{},{}]", c.D, c.N, c.H);
  return {
      {"X", c.batch_first ? fmt::format("float[{},{},{}]", c.N, c.T, c.I)
                          : fmt::format("float[{},{},{}]", c.T, c.N, c.I)},
      {"W", fmt::format("float[{},{},{}]", c.D, gates, c.I)},
      {"R", fmt::format("float[{},{},{}]", c.D, gates, c.H)},
      {"B", fmt::format("float[{},{}]", c.D, 2 * gates)},
      {"sequence_lens", fmt::format("int32[{}]", c.N)},
      {"initial_h", state},
      {"initial_c", state},
      {"P", fmt::format("float[{},{}]", c.D, 3 * c.H)},
  };
}

std::string attributes_text(const RecurrentCase& c) {
  std::vector<std::string> parts;
  if (c.states_hidden_size) parts.push_back(fmt::format("hidden_size = {}", c.H));
  if (c.D == 2) parts.emplace_back(R"(direction = "bidirectional")");
  if (!c.direction.empty()) parts.push_back(fmt::format(R"(direction = "{}")", c.direction));
  if (c.batch_first) parts.emplace_back("layout = 1");
  if (!c.attributes.empty()) parts.push_back(c.attributes);
  return parts.empty() ? "" : fmt::format("<{}> ", fmt::join(parts, ", "));
}

}  // namespace

OpCase to_op_case(const RecurrentCase& c) {
  std::vector<std::string> declared;
  std::vector<std::string> arguments;
  std::size_t last = 0;
  for (const auto& [name, type] : input_ports(c)) {
    const bool is_given = declared.size() < 3 || contains(c.inputs, name) ||
                          (name == "sequence_lens" && !c.sequence_lens.empty());
    if (is_given) declared.push_back(fmt::format("{} {}", type, name));
    arguments.push_back(is_given ? name : "");
    if (is_given) last = arguments.size();
  }
  arguments.resize(last);
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
  OpCase op_case{
      .name = c.name,
      .graph = fmt::format("g ({}) => ({}) {{ {} = {} {}({}) }}", fmt::join(declared, ", "),
                           fmt::join(delivered, ", "), fmt::join(results, ", "), c.op,
                           attributes_text(c), fmt::join(arguments, ", "))};
  if (!c.sequence_lens.empty()) {
    op_case.inputs["sequence_lens"] = Tensor::of<std::int32_t>({c.N}, c.sequence_lens);
  }
  return op_case;
}

std::vector<OpCase> to_op_cases(const std::vector<RecurrentCase>& cases) {
  std::vector<OpCase> result;
  result.reserve(cases.size());
  for (const RecurrentCase& recurrent : cases) result.push_back(to_op_case(recurrent));
  return result;
}

}  // namespace gatefold::test
