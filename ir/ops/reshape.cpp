#include <algorithm>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// What a request for a new shape comes down to: the new extents, of which at most one is left open
/// for a -1, those of them that the request states, and the data's extents that no 0 took over.
struct Request {
  Shape shape;
  std::optional<std::size_t> open = {};
  Shape stated = {};
  Shape rest = {};
};

/// Reads extent `i` where it is a number.
void read_number(const InferContext& context, std::size_t i, std::int64_t number,
                 Request& request) {
  const std::optional<Shape>& data = context.input(0).shape;
  if (number == 0 && context.node().attr_int("allowzero") == 0) {
    if (!data) return;
    if (i >= data->size()) {
      context.fail(
          "extent 0 at axis {} of the new shape stands for that axis of the data, {}, which has "
          "none",
          i, to_string(context.input(0)));
    }
    request.shape[i] = (*data)[i];
    request.rest[i] = 1;
  } else if (number == -1) {
    if (request.open) context.fail("the new shape has -1 twice; at most one extent can be open");
    request.open = i;
  } else if (number < 0) {
    context.fail("extent {} at axis {} of the new shape is negative; only -1 has a meaning", number,
                 i);
  } else {
    request.shape[i] = number;
    request.stated.push_back(number);
  }
}

Request read_request(const InferContext& context, const std::vector<Element>& wanted) {
  Request request{.shape = *shape_of_rank(context, static_cast<std::int64_t>(wanted.size()))};
  if (context.has_rank(0)) request.rest = context.shape(0);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].number) {
      read_number(context, i, *wanted[i].number, request);
    } else {
      request.shape[i] = wanted[i].to_dim();
      request.stated.push_back(request.shape[i]);
    }
  }
  return request;
}

/// Takes the extents without a number out of both `stated` and `rest`; false when one is left.
bool cancel_symbols(Request& request) {
  for (Dim& stated : request.stated) {
    if (stated.is_known()) continue;
    const auto same = std::find_if(request.rest.begin(), request.rest.end(),
                                   [&](const Dim& dim) { return dim.same_as(stated); });
    if (same == request.rest.end()) return false;
    *same = stated = 1;
  }
  return true;
}

/// Fills the open extent from what the data has left, or checks that nothing is left.
void settle(const InferContext& context, Request& request) {
  if (!cancel_symbols(request)) return;
  const std::int64_t stated = known_count(request.stated);
  const std::int64_t rest = known_count(request.rest);
  const bool is_known = product(request.rest).is_known();
  const auto refuse = [&] {
    context.fail("data is {}, which does not fill the shape {} ({})", to_string(context.input(0)),
                 to_string(request.shape),
                 request.open ? "? stands for the -1" : "the numbers of elements must be equal");
  };
  if (!request.open) {
    if (is_known && rest != stated) refuse();
  } else if (is_known) {
    if (stated == 0 || rest % stated != 0) refuse();
    request.shape[*request.open] = rest / stated;
  } else if (rest == stated) {
    const auto* const known = std::remove_if(request.rest.begin(), request.rest.end(),
                                             [](const Dim& dim) { return dim.is_known(); });
    request.rest.erase(known, request.rest.end());
    request.shape[*request.open] = product(request.rest);
  }
}

void infer_reshape(InferContext& context) {
  const auto length = known_length(context, 1);
  const auto wanted = known_elements(context, 1);
  if (!wanted) {
    return context.set_output(0, {context.dtype(0), shape_of_rank(context, length)});
  }
  Request request = read_request(context, *wanted);
  if (context.has_rank(0)) settle(context, request);
  check_element_count(context, request.shape);
  context.set_output(0, {context.dtype(0), request.shape});
}

void infer_flatten(InferContext& context) {
  if (!context.has_rank(0)) return context.set_output(0, {context.dtype(0), Shape(2)});
  const Shape& shape = context.shape(0);
  const std::int64_t rank = context.rank(0);
  std::int64_t axis = context.node().attr_int("axis");
  if (axis < -rank || axis > rank) {
    context.fail("axis {} is outside [{}, {}]", axis, -rank, rank);
  }
  if (axis < 0) axis += rank;
  const std::span<const Dim> dims(shape);
  context.set_output(
      0, {context.dtype(0), Shape{product(dims.first(axis)), product(dims.subspan(axis))}});
}

std::optional<Shape> squeeze_ones(const Shape& shape) {
  Shape result;
  for (const Dim& dim : shape) {
    if (!dim.is_known()) return std::nullopt;
    if (!dim.is(1)) result.push_back(dim);
  }
  return result;
}

std::optional<Shape> squeeze_axes(const InferContext& context,
                                  const std::vector<std::int64_t>& axes) {
  const Shape& shape = context.shape(0);
  std::vector<bool> is_gone(shape.size());
  for (const std::int64_t axis : axes) is_gone[context.axis(axis, context.rank(0))] = true;
  Shape result;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (!is_gone[i]) {
      result.push_back(shape[i]);
    } else if (shape[i].is_known() && !shape[i].is(1)) {
      context.fail("axis {} of {} has {} elements but must have 1 to be squeezed", i,
                   to_string(context.input(0)), shape[i].size());
    }
  }
  return result;
}

// How many axes input 1 lists. Exporters also give a single axis as a scalar.
std::optional<std::int64_t> axis_count(const InferContext& context) {
  if (context.has_rank(1) && context.rank(1) == 0) return 1;
  return known_length(context, 1);
}

void infer_squeeze(InferContext& context) {
  std::optional<Shape> result;
  if (!context.has_input(1)) {
    if (context.has_rank(0)) result = squeeze_ones(context.shape(0));
  } else {
    const auto length = axis_count(context);
    const auto axes = known_integers(context, 1);
    if (axes && context.has_rank(0)) {
      result = squeeze_axes(context, *axes);
    } else if (length && context.has_rank(0) && *length <= context.rank(0)) {
      result = shape_of_rank(context, context.rank(0) - *length);
    }
  }
  context.set_output(0, {context.dtype(0), result});
}

void infer_unsqueeze(InferContext& context) {
  const auto length = axis_count(context);
  if (!context.has_rank(0) || !length) {
    return context.set_output(0, {context.dtype(0), std::nullopt});
  }
  Shape result = *shape_of_rank(context, context.rank(0) + *length);
  if (const auto given = known_integers(context, 1)) {
    const auto axes = distinct_axes(context, *given, context.rank(0) + *length);
    for (const std::int64_t axis : axes) result[axis] = 1;
    auto next = context.shape(0).begin();
    for (Dim& dim : result) {
      if (!dim.is(1)) dim = *next++;
    }
  }
  context.set_output(0, {context.dtype(0), result});
}

void evaluate(EvaluateContext& context) {
  context.set_output(0, context.input(0).reshaped(inferred_dims(context)));
}

}  // namespace

std::vector<OpDef> reshape() {
  return {
      {
          .name = "Reshape",
          .doc = "The same elements in the same order under another shape. In `shape`, 0 keeps the "
                 "extent of that axis (with allowzero = 1 it means 0), and one -1 takes what is "
                 "left.\n"
                 "Source: ONNX Reshape-14",
          .since = 5,
          .inputs = {{"data", "T", kAllTypes}, {"shape", {}, kInt64Type}},
          .outputs = {{"reshaped", "T", kAllTypes}},
          .attrs = {{"allowzero", AttrDef::Kind::kInt, 0, false, 14}},
          .infer = infer_reshape,
          .evaluate = evaluate,
          .widen_half = false,
      },
      {
          .name = "Flatten",
          .doc = "Joins the axes before `axis` into one and the others into another.\n"
                 "Shapes: input [a.., b..] -> output [prod a, prod b], where b starts at axis\n"
                 "Source: ONNX Flatten-13",
          .since = 11,
          .inputs = {{"input", "T", kAllTypes}},
          .outputs = {{"output", "T", kAllTypes}},
          .attrs = {{"axis", AttrDef::Kind::kInt, 1}},
          .infer = infer_flatten,
          .evaluate = evaluate,
          .widen_half = false,
      },
      {
          .name = "Squeeze",
          .doc = "Removes the given axes, or all axes of one element when none are given.\n"
                 "Source: ONNX Squeeze-13",
          .since = 13,
          .inputs = {{"data", "T", kAllTypes}, {"axes", {}, kInt64Type, Port::Arity::kOptional}},
          .outputs = {{"squeezed", "T", kAllTypes}},
          .infer = infer_squeeze,
          .evaluate = evaluate,
          .widen_half = false,
      },
      {
          .name = "Unsqueeze",
          .doc = "Inserts axes of one element; `axes` are positions in the result.\n"
                 "Source: ONNX Unsqueeze-13",
          .since = 13,
          .inputs = {{"data", "T", kAllTypes}, {"axes", {}, kInt64Type}},
          .outputs = {{"expanded", "T", kAllTypes}},
          .infer = infer_unsqueeze,
          .evaluate = evaluate,
          .widen_half = false,
      },
  };
}

}  // namespace gatefold::ops
