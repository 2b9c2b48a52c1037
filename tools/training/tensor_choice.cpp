#include "tools/training/tensor_choice.h"

#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <unordered_set>

#include "ir/error.h"
#include "ir/number_text.h"
#include "passes/training/model_parts.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

constexpr std::string_view kNoGradient = "the loss has no gradient by it";

ChosenTensor chosen_from(const FileTensor& tensor) {
  ChosenTensor chosen;
  chosen.name = tensor.name();
  chosen.type = tensor.value->type();
  chosen.is_trained = tensor.is_trained();
  chosen.is_doubtful = tensor.standing == FileTensor::Standing::kDoubtful;
  chosen.is_notable = tensor.standing == FileTensor::Standing::kData && tensor.size() > 1;
  chosen.reason = tensor.reason;
  chosen.layers = tensor.layers;
  return chosen;
}

void leave_out(ChosenTensor& tensor, std::string_view reason) {
  if (!tensor.is_trained) return;
  tensor.is_trained = false;
  tensor.is_doubtful = false;
  tensor.is_notable = tensor.size() > 1;
  tensor.reason = reason;
}

void take_in(ChosenTensor& tensor) {
  if (!tensor.is_trained) tensor.reason.clear();
  tensor.is_trained = true;
  tensor.is_notable = false;
}

/// The choice of a spec, by names.
void choose_named(std::vector<ChosenTensor>& tensors, const std::vector<std::string>& names) {
  const std::unordered_set<std::string> wanted(names.begin(), names.end());
  for (ChosenTensor& tensor : tensors) {
    if (wanted.contains(tensor.name)) {
      take_in(tensor);
    } else {
      leave_out(tensor, "the spec does not name it");
    }
  }
}

std::vector<std::string> names_of(const std::vector<ChosenTensor>& tensors, bool only_trained) {
  std::vector<std::string> names;
  for (const ChosenTensor& tensor : tensors) {
    if (tensor.is_trained || !only_trained) names.push_back(tensor.name);
  }
  return names;
}

void fulfil(const TensorWish& wish, std::vector<ChosenTensor>& tensors) {
  bool matches = false;
  for (ChosenTensor& tensor : tensors) {
    if (fnmatch(wish.pattern.c_str(), tensor.name.c_str(), 0) != 0) continue;
    matches = true;
    if (wish.is_trained) {
      take_in(tensor);
    } else {
      leave_out(tensor, "frozen");
    }
  }
  if (matches) return;
  fail("{}: no floating-point tensor of the model matches '{}'; those are: {}",
       wish.is_trained ? "--trainable" : "--freeze", wish.pattern,
       fmt::join(names_of(tensors, /*only_trained=*/false), ", "));
}

std::string count(std::int64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", format_count(number), number == 1 ? one : many);
}

std::string amount(std::int64_t numbers, std::int64_t tensors) {
  return count(numbers, "number", "numbers") + " in " + count(tensors, "tensor", "tensors");
}

/// "mask (constant with -inf), 14 others (462,980 numbers)"
std::string describe_left_out(const std::vector<ChosenTensor>& tensors) {
  constexpr std::size_t kMostNamed = 3;
  std::vector<std::string> parts;
  std::int64_t others = 0;
  std::int64_t numbers = 0;
  for (const ChosenTensor& tensor : tensors) {
    if (tensor.is_trained) continue;
    if (tensor.is_notable && parts.size() < kMostNamed) {
      parts.push_back(fmt::format("{} ({})", tensor.name, tensor.reason));
    } else {
      ++others;
      numbers += tensor.size();
    }
  }
  if (others > 0) {
    const std::string_view one = parts.empty() ? "tensor" : "other";
    const std::string_view many = parts.empty() ? "tensors" : "others";
    parts.push_back(
        fmt::format("{} ({})", count(others, one, many), count(numbers, "number", "numbers")));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// The first few of the names and how many more there are.
std::string shorten(const std::vector<std::string>& names) {
  constexpr std::size_t kMostShown = 3;
  const std::size_t shown = std::min(names.size(), kMostShown);
  std::string text = fmt::format("{}", fmt::join(names.begin(), names.begin() + shown, ", "));
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

std::string remark_of(const ChosenTensor& tensor) {
  std::vector<std::string> remarks;
  if (tensor.is_doubtful || !tensor.is_trained) remarks.push_back(tensor.reason);
  if (tensor.is_doubtful) remarks.back().insert(0, "doubtful: ");
  if (tensor.is_trained && !tensor.layers.empty()) {
    remarks.push_back("one parameter of " + shorten(tensor.layers));
  }
  return fmt::format("{}", fmt::join(remarks, "; "));
}

std::string list_part(const std::vector<ChosenTensor>& tensors, bool is_trained) {
  Table table({{is_trained ? "trained" : "not trained"},
               {"type"},
               {"numbers", Table::Align::kRight},
               {""}});
  for (const ChosenTensor& tensor : tensors) {
    if (tensor.is_trained != is_trained) continue;
    table.add_row(
        {tensor.name, to_string(tensor.type), format_count(tensor.size()), remark_of(tensor)});
  }
  return table.empty() ? "" : fmt::format("\n{}", table.to_string());
}

}  // namespace

std::vector<ChosenTensor> choose_tensors(const Graph& model, const std::vector<TensorWish>& wishes,
                                         TrainingSpec& spec) {
  Value* judged[] = {output_of(model, spec.loss.output)};
  std::vector<ChosenTensor> tensors;
  for (const FileTensor& tensor : find_tensors(model, judged)) {
    tensors.push_back(chosen_from(tensor));
  }
  find_parameters(model, spec.trainable);  // All of them must be there.
  if (!spec.trainable.empty()) choose_named(tensors, spec.trainable);
  for (const TensorWish& wish : wishes) fulfil(wish, tensors);
  spec.trainable = names_of(tensors, /*only_trained=*/true);
  if (spec.trainable.empty()) {
    fail("{}", wishes.empty() ? "the model has no weights that the loss has gradients by; name "
                                "tensors with --trainable"
                              : "--freeze leaves no parameter to train");
  }
  return tensors;
}

void keep_trained(std::vector<ChosenTensor>& tensors, const std::vector<std::string>& weights) {
  const std::unordered_set<std::string> kept(weights.begin(), weights.end());
  for (ChosenTensor& tensor : tensors) {
    if (!kept.contains(tensor.name)) leave_out(tensor, kNoGradient);
  }
}

std::string describe_choice(const std::vector<ChosenTensor>& tensors) {
  std::int64_t trained = 0;
  std::int64_t numbers = 0;
  std::string remarks;
  for (const ChosenTensor& tensor : tensors) {
    if (!tensor.is_trained) continue;
    ++trained;
    numbers += tensor.size();
    if (tensor.is_doubtful) {
      remarks +=
          fmt::format("doubtful: {} {}; --freeze leaves it as it is\n", tensor.name, tensor.reason);
    }
    if (!tensor.layers.empty()) {
      remarks += fmt::format(
          "trained as one: {} is one parameter of {}; 'Tied parameters' in docs/training.md says "
          "how to export them apart\n",
          tensor.name, shorten(tensor.layers));
    }
  }
  const std::string left_out = describe_left_out(tensors);
  return fmt::format("trained: {}{}{}\n{}", amount(numbers, trained),
                     left_out.empty() ? "" : "; not trained: ", left_out, remarks);
}

std::string list_choice(const std::vector<ChosenTensor>& tensors) {
  return list_part(tensors, true) + list_part(tensors, false);
}

}  // namespace gatefold::tools
