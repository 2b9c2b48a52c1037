#include "passes/training/padding_rows.h"

#include <algorithm>
#include <vector>

#include "ir/error.h"
#include "passes/training/model_parts.h"

namespace gatefold {
namespace {

const Value& find_table(const std::vector<Value*>& tensors, const std::string& name) {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const Value* value) { return value->name() == name; });
  if (found == tensors.end()) fail("padding: the model has no table '{}'", name);
  return **found;
}

}  // namespace

PaddingRows checked_padding(const Graph& model, const PaddingRows& padding) {
  PaddingRows checked;
  if (padding.empty()) return checked;
  const std::vector<Value*> tensors = all_float_tensors(model);
  for (const auto& [name, row] : padding) {
    const Value& table = find_table(tensors, name);
    const Dims& dims = table.data()->dims();
    const std::int64_t rows = dims.empty() ? 0 : dims.front();
    if (row < -rows || row >= rows) {
      fail("padding: table '{}' is {}; it has no row {}", name, to_string(table.type()), row);
    }
    checked[name] = row < 0 ? row + rows : row;
  }
  return checked;
}

Value* without_row(GraphBuilder& g, Value* gradient, const Dims& table, std::int64_t row) {
  Dims column(table.size(), 1);
  column[0] = table.front();
  Tensor kept(DataType::kBool, column);
  std::fill_n(kept.data<bool>(), kept.size(), true);
  kept.data<bool>()[row] = false;
  const Term whole(g, gradient);
  return where(Term(g, g.add_constant("kept", kept)), whole, whole.number(0));
}

RowGradient without_row(GraphBuilder& g, const RowGradient& gradient, const Dims& table,
                        std::int64_t row) {
  // Indices may be counted from the end.
  const Term index =
      Term(g, gradient.indices).apply("Mod", g.add_constant("rows", Tensor::scalar(table.front())));
  std::vector<std::int64_t> column(table.size(), 1);
  column.front() = -1;
  const Term is_padding = index.apply("Equal", index.number(static_cast<double>(row)))
                              .apply("Reshape", g.add_ints(column));
  const Term rows(g, gradient.rows);
  return {where(is_padding, rows.number(0), rows), gradient.indices};
}

}  // namespace gatefold
