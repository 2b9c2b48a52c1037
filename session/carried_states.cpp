#include "session/carried_states.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "ir/error.h"
#include "ir/value_names.h"

namespace gatefold {
namespace {

/// Words that tell a state before a call from the same state after it.
constexpr std::string_view kRoles[] = {"in",      "input",    "out",  "output", "init", "initial",
                                       "prev",    "previous", "old",  "new",    "next", "cur",
                                       "curr",    "current",  "last", "final",  "past", "present",
                                       "updated", "y",        "t"};

bool is_role(const std::string& word) {
  return std::find(std::begin(kRoles), std::end(kRoles), word) != std::end(kRoles);
}

/// The words of a name in lower case: "Hidden_out.1" is hidden, out, 1.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool starts = true;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0) {
      starts = true;
      continue;
    }
    if (starts) words.emplace_back();
    words.back() += static_cast<char>(std::tolower(byte));
    starts = false;
  }
  return words;
}

/// The name without what tells before from after. `mark` is what stands behind a letter for that:
/// h0 before, hn after.
std::string stem_of(std::string_view name, char mark) {
  std::string stem;
  for (std::string word : words_of(name)) {
    if (is_role(word) || word == std::string(1, mark)) continue;
    if (word.size() == 2 && word.back() == mark) word.pop_back();
    stem += word + ' ';
  }
  return stem;
}

/// True when a datum of one type may be one of the other.
bool may_be_equal(const Type& a, const Type& b) {
  if (!a.is_tensor() || !b.is_tensor() || a.dtype != b.dtype) return false;
  if (!a.has_rank() || !b.has_rank()) return true;
  if (a.rank() != b.rank()) return false;
  for (std::size_t i = 0; i < a.shape->size(); ++i) {
    const Dim& x = (*a.shape)[i];
    const Dim& y = (*b.shape)[i];
    if (x.is_known() && y.is_known() && x.size() != y.size()) return false;
  }
  return true;
}

bool look_alike(const ModelPort& input, const ModelPort& output) {
  if (!may_be_equal(input.type, output.type)) return false;
  const std::string plain = stem_of(input.name, '\0');
  const std::string before = stem_of(input.name, '0');
  const std::string after = stem_of(output.name, 'n');
  return !after.empty() && (after == plain || after == before);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

CarriedState parse_carried_state(std::string_view text) {
  const std::size_t equals = text.find('=');
  const bool is_pair = equals != std::string_view::npos && equals > 0 && equals + 1 < text.size();
  if (!is_pair) fail("the state '{}' should be OUTPUT=INPUT, such as hn=h0", text);
  return {.input = std::string(trimmed(text.substr(equals + 1))),
          .output = std::string(trimmed(text.substr(0, equals)))};
}

std::string to_string(const CarriedState& state) { return state.output + "=" + state.input; }

std::vector<CarriedState> stated_states(const Model& model) {
  std::vector<CarriedState> states;
  const auto found = model.metadata.find(std::string(kStatesKey));
  if (found == model.metadata.end()) return states;
  std::string_view lines = found->second;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = trimmed(lines.substr(0, end));
    if (!line.empty()) states.push_back(parse_carried_state(line));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  check_states(*model.graph, states);
  return states;
}

void check_states(const Graph& graph, std::span<const CarriedState> states) {
  std::set<std::string> taken;
  for (const CarriedState& state : states) {
    const Value* input = find_input(graph, state.input);
    const Value* output = find_output(graph, state.output);
    if (input == nullptr) {
      fail("state {}: the model has no input '{}'", to_string(state), state.input);
    }
    if (output == nullptr) {
      fail("state {}: the model has no output '{}'", to_string(state), state.output);
    }
    if (!may_be_equal(input->type(), output->type())) {
      fail("state {}: output '{}' is {} but input '{}' is {}; they must be equal", to_string(state),
           state.output, to_string(output->type()), state.input, to_string(input->type()));
    }
    if (!taken.insert(state.input).second) {
      fail("state {}: input '{}' is carried into twice", to_string(state), state.input);
    }
  }
}

void drop_lost_states(std::vector<CarriedState>& states, const Graph& graph) {
  std::erase_if(states, [&](const CarriedState& state) {
    return find_input(graph, state.input) == nullptr || find_output(graph, state.output) == nullptr;
  });
}

std::map<std::string, std::string> metadata_of(std::span<const CarriedState> states) {
  std::string lines;
  for (const CarriedState& state : states) {
    const std::string line = to_string(state);
    if (line.find('\n') != std::string::npos || parse_carried_state(line) != state) {
      fail(
          "state {}: a file cannot name it, for there is a line break, a blank at an end or, in "
          "the output, '=' in the names; rename them",
          line);
    }
    lines += (lines.empty() ? "" : "\n") + line;
  }
  if (lines.empty()) return {};
  return {{std::string(kStatesKey), lines}};
}

std::vector<CarriedState> propose_states(std::span<const ModelPort> inputs,
                                         std::span<const ModelPort> outputs) {
  std::vector<CarriedState> states;
  for (const ModelPort& input : inputs) {
    const auto fits = [&](const ModelPort& output) { return look_alike(input, output); };
    const auto found = std::find_if(outputs.begin(), outputs.end(), fits);
    if (found == outputs.end() || std::count_if(found, outputs.end(), fits) != 1) continue;
    const auto fits_too = [&](const ModelPort& other) { return look_alike(other, *found); };
    if (std::count_if(inputs.begin(), inputs.end(), fits_too) != 1) continue;
    states.push_back({.input = input.name, .output = found->name});
  }
  return states;
}

DimSizes sizes_in(std::span<const ModelPort> ports, std::span<const Datum> data) {
  DimSizes sizes;
  for (std::size_t i = 0; i < ports.size() && i < data.size(); ++i) {
    const auto* tensor = std::get_if<Tensor>(&data[i]);
    if (tensor != nullptr) note_sizes(ports[i].type, tensor->dims(), sizes);
  }
  return sizes;
}

Tensor zero_state(const ModelPort& port, const DimSizes& sizes) {
  Dims dims;
  for (const Dim& dim : port.type.has_rank() ? *port.type.shape : Shape{}) {
    const auto size = dim.is_symbol() ? sizes.find(dim.symbol()) : sizes.end();
    if (!dim.is_known() && size == sizes.end()) {
      fail("state '{}' starts at zero but is {}; give its open extents a size", port.name,
           to_string(port.type));
    }
    dims.push_back(dim.is_known() ? dim.size() : size->second);
  }
  return {port.type.dtype, std::move(dims)};
}

}  // namespace gatefold
