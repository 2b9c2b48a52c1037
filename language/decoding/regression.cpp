#include "language/decoding/regression.h"

#include <cmath>
#include <sstream>
#include <string>

#include "ir/error.h"
#include "ir/number_text.h"
#include "language/text/split.h"

namespace gatefold {
namespace {

float parse_number(const std::string& word) {
  const auto number = number_from_text<float>(word);
  if (!number || !std::isfinite(*number)) fail("'{}' is not a number to compute with", word);
  return *number;
}

std::vector<float> parse_numbers(std::string_view text) {
  std::vector<float> numbers;
  const std::vector<std::string> fields = split(text, ',');
  for (const std::string& field : fields) {
    std::istringstream words(field);
    const std::size_t before = numbers.size();
    for (std::string word; words >> word;) numbers.push_back(parse_number(word));
    if (fields.size() > 1 && numbers.size() == before) fail("a number is missing beside a comma");
  }
  return numbers;
}

}  // namespace

Regression::Regression(const std::shared_ptr<const CompiledModel>& model, std::int64_t inputs)
    : session_(model), inputs_(inputs) {
  const Type& type = model->input("x").type;
  const bool may_fit = type.has_rank() && type.rank() == 2 &&
                       (!type.shape->back().is_known() || type.shape->back().is(inputs));
  if (!may_fit) {
    fail("the model's input 'x' is {}, but the project has {} inputs", to_string(type), inputs);
  }
}

std::vector<float> Regression::compute(std::string_view text) {
  const std::vector<float> numbers = parse_numbers(text);
  if (std::ssize(numbers) != inputs_) {
    fail("the text has {} {}, but the model reads {}; separate them by spaces or commas",
         numbers.size(), numbers.size() == 1 ? "number" : "numbers", inputs_);
  }
  const NamedData& outputs =
      session_.run({{"x", Tensor::of<float>({1, inputs_}, std::span<const float>(numbers))}});
  const auto& found = std::get<Tensor>(outputs.at(session_.model().outputs().front().name));
  const auto values = found.values<float>();
  return {values.begin(), values.end()};
}

}  // namespace gatefold
