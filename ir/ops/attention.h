#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ir/evaluate.h"
#include "ir/op_def.h"

namespace gatefold {

/// Numbers of the inputs of Attention.
namespace attention_input {
enum : std::size_t { kQ, kK, kV, kMask, kPastKey, kPastValue, kValidLengths };
}  // namespace attention_input

/// Numbers of the inputs that its gradient has behind them.
namespace attention_gradient_input {
enum : std::size_t { kY = 7, kDy };
}  // namespace attention_gradient_input

namespace ops {

/// The inputs of Attention, which its gradient has as well.
std::vector<Port> attention_inputs();

/// Which query: batch, head, its place.
struct AttentionQuery {
  std::int64_t n = 0, head = 0, place = 0;
};

/// Attention of a node in double, one query after the other.
class AttentionRows {
 public:
  explicit AttentionRows(const EvaluateContext& context);

  /// Q, K and V [N,heads,T,D], what is past first.
  const Tensor& q() const { return q_; }
  const Tensor& key() const { return key_; }
  const Tensor& value() const { return value_; }
  std::int64_t keys() const { return key_.dims()[2]; }
  double scale() const { return scale_; }

  /// Where the row of a query, and those of the keys that belong to its head, begin in a tensor as
  /// Q, K or V.
  std::int64_t query_row(const AttentionQuery& query) const;
  std::int64_t key_row(const AttentionQuery& query) const;
  /// The same of the query's row in a tensor in the form of Y, which has 3 or 4 axes.
  std::int64_t y_row(const AttentionQuery& query, std::int64_t rank) const;

  /// The weights of a query, one for each key; `shown`, where given, receives the step of the
  /// scores that attribute qk_matmul_output_mode names.
  void weigh(const AttentionQuery& query, double* weights, double* shown = nullptr) const;

  template <typename Visit>
  void for_each_query(const Visit& visit) const {
    const Dims& dims = q_.dims();
    for (AttentionQuery query; query.n < dims[0]; ++query.n) {
      for (query.head = 0; query.head < dims[1]; ++query.head) {
        for (query.place = 0; query.place < dims[2]; ++query.place) visit(query);
      }
    }
  }

 private:
  double mask_at(const AttentionQuery& query, std::int64_t key) const;

  const EvaluateContext& context_;
  Tensor q_, key_, value_;
  double scale_ = 1;
  bool is_causal_ = false;
  std::int64_t past_ = 0;
  Dims mask_dims_;                   ///< With four axes; empty without a mask.
  std::vector<std::int64_t> valid_;  ///< Keys of each sequence; empty where all count.
  bool counts_from_end_ = false;     ///< The last query stands at the last valid key.
};

/// [N,heads,T,D] in double as a tensor in the form of input `index`: with its element type and,
/// where it has three axes, as [N,T,heads*D].
Tensor in_form_of_input(const EvaluateContext& context, std::size_t index, const Tensor& heads);

}  // namespace ops
}  // namespace gatefold
