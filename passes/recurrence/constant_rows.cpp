#include "passes/recurrence/constant_rows.h"

#include "ir/op_def.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

constexpr std::size_t kRow = 0;
constexpr std::size_t kUnit = 1;

// True for constants that repeat one row.
bool have_equal_rows(const View& view, const PassContext& context) {
  const Tensor* numbers = context.constant(view.source);
  if (numbers == nullptr || view.runs.size() != 1) return false;
  const ViewIndex& run = view.runs.front();
  for (std::int64_t row = 1; row < view.extents[kRow].size(); ++row) {
    for (std::int64_t unit = 0; unit < view.extents[kUnit].size(); ++unit) {
      const std::int64_t place = run.offset + unit * run.strides[kUnit];
      const double number = numbers->number_at(place + row * run.strides[kRow]);
      if (number != numbers->number_at(place)) return false;
    }
  }
  return true;
}

}  // namespace

std::optional<double> number_in(const View& view, const PassContext& context) {
  const Tensor* numbers = context.constant(view.source);
  if (numbers == nullptr || numbers->size() == 0) return std::nullopt;
  const double number = numbers->number_at(0);
  return is_filled_with(view.source, number, context) ? std::optional(number) : std::nullopt;
}

std::optional<View> row_of(const View& view, const PassContext& context) {
  View row = view;
  for (ViewIndex& run : row.runs) run.strides[kRow] = 0;
  if (row != view && !have_equal_rows(view, context)) return std::nullopt;
  row.extents[kRow] = 1;
  return row;
}

bool is_zero(const View& view, const PassContext& context) {
  const Node* fill = producer_of(view.source, "ConstantOfShape");
  if (fill == nullptr) return number_in(view, context) == 0;
  const AttrValue* value = fill->find_attr("value");
  return value == nullptr || std::get<Tensor>(*value).number_at(0) == 0;
}

bool is_zero_state(const View& view, const PassContext& context) {
  const Node* product = producer_of(view.source, "Mul");
  return number_in(view, context) == 0 ||
         (product != nullptr && (is_filled_with(product->input(0), 0, context) ||
                                 is_filled_with(product->input(1), 0, context)));
}

}  // namespace gatefold
