#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// X as rows of N x T x heads elements of extent `size`, whichever its rank.
struct Heads {
  Dim count;
  Dim length;
  Dim size;
};

Heads heads_of(const InferContext& context) {
  const Shape& x = context.shape(0);
  if (x.size() == 4) return {x[1], x[2], x[3]};
  if (x.size() != 3) {
    context.fail("X is {} but must have 3 or 4 dimensions", to_string(context.input(0)));
  }
  const std::int64_t count = context.node().attr_int("num_heads");
  if (count < 1) {
    context.fail("attribute 'num_heads' is {} but must be at least 1 when X has 3 dimensions",
                 count);
  }
  Heads heads{count, x[1], Dim()};
  if (!x[2].is_known()) return heads;
  if (x[2].size() % count != 0) {
    context.fail("the last extent of X is {} but must be a multiple of num_heads = {}", x[2].size(),
                 count);
  }
  heads.size = x[2].size() / count;
  return heads;
}

void check_cache(const InferContext& context, std::size_t index, const Heads& heads) {
  const bool by_position = context.has_input(3);
  context.expect_rank(index, by_position ? 2 : 3);
  if (!context.has_rank(index)) return;
  const Shape& cache = context.shape(index);
  if (!by_position) {
    merge(context, cache[0], context.shape(0)[0], "the batches of X and of a cache");
    merge(context, cache[1], heads.length, "the lengths of X and of a cache");
  }
  if (!heads.size.is_known()) return;
  const std::int64_t stated = context.node().attr_int("rotary_embedding_dim");
  const std::int64_t rotated = stated == 0 ? heads.size.size() : stated;
  if (rotated < 0 || rotated % 2 != 0 || rotated > heads.size.size()) {
    context.fail("{} elements of a head are rotated but their number must be even and at most {}",
                 rotated, heads.size.size());
  }
  merge(context, cache.back(), rotated / 2,
        "the last extent of a cache and half of what is rotated");
}

void infer(InferContext& context) {
  context.set_output(0, context.input(0));
  if (!context.has_rank(0)) return;
  const Heads heads = heads_of(context);
  check_cache(context, 1, heads);
  check_cache(context, 2, heads);
  if (!context.has_input(3)) return;
  context.expect_rank(3, 2);
  if (!context.has_rank(3)) return;
  merge(context, context.shape(3)[0], context.shape(0)[0], "the batches of X and position_ids");
  merge(context, context.shape(3)[1], heads.length, "the lengths of X and position_ids");
}

/// The row of the caches for token `token` = n * T + t.
std::int64_t cache_row(const EvaluateContext& context, std::int64_t token) {
  if (!context.has_input(3)) return token;
  const std::int64_t row = context.input(3).data<std::int64_t>()[token];
  const std::int64_t rows = context.input(1).dims()[0];
  if (row < 0 || row >= rows) context.fail("position {} is outside [0, {})", row, rows);
  return row;
}

template <typename T>
void rotate(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const Dims& dims = x.dims();
  const bool is_flat = dims.size() == 3;
  const std::int64_t heads = is_flat ? context.node().attr_int("num_heads") : dims[1];
  const std::int64_t length = is_flat ? dims[1] : dims[2];
  const std::int64_t size = is_flat ? dims[2] / heads : dims[3];
  const std::int64_t half = context.input(1).dims().back();
  const bool interleaved = context.node().attr_int("interleaved") != 0;
  Tensor& output = context.output(0, x.dtype(), dims);
  std::copy_n(x.data<T>(), x.size(), output.data<T>());
  const std::int64_t rows = size == 0 ? 0 : x.size() / size;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t token =
        is_flat ? row / heads : row / (heads * length) * length + row % length;
    const std::int64_t angle = cache_row(context, token) * half;
    const T* cosine = context.input(1).data<T>() + angle;
    const T* sine = context.input(2).data<T>() + angle;
    const T* source = x.data<T>() + row * size;
    T* target = output.data<T>() + row * size;
    for (std::int64_t i = 0; i < half; ++i) {
      const std::int64_t first = interleaved ? 2 * i : i;
      const std::int64_t second = interleaved ? 2 * i + 1 : i + half;
      target[first] = cosine[i] * source[first] - sine[i] * source[second];
      target[second] = sine[i] * source[first] + cosine[i] * source[second];
    }
  }
}

void evaluate(EvaluateContext& context) {
  dispatch_float(context.input(0).dtype(), [&]<typename T>() { rotate<T>(context); });
}

}  // namespace

std::vector<OpDef> rotary_embedding() {
  return {{
      .name = "RotaryEmbedding",
      .doc = "Rotates pairs of elements of every head by an angle that depends on the token.\n"
             "Shapes: X [N,H,T,D] or [N,T,H*D]; cos_cache, sin_cache [P,r/2] with position_ids "
             "[N,T], else [N,T,r/2] -> Y as X; r = rotary_embedding_dim or D\n"
             "Formula: (a, b) -> (cos * a - sin * b, sin * a + cos * b); a, b are elements i and "
             "i + r/2, or interleaved 2i and 2i + 1; the rest of the head is kept\n"
             "Source: ONNX RotaryEmbedding-23",
      .since = 23,
      .inputs = {{"X", "T", kFloatTypes},
                 {"cos_cache", "T", kFloatTypes},
                 {"sin_cache", "T", kFloatTypes},
                 {"position_ids", "M", kInt64Type, Port::Arity::kOptional}},
      .outputs = {{"Y", "T", kFloatTypes}},
      .attrs = {{"interleaved", AttrDef::Kind::kInt, 0},
                {"num_heads", AttrDef::Kind::kInt, 0},
                {"rotary_embedding_dim", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
