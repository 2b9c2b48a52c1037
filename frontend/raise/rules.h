#pragma once

#include "frontend/node_draft.h"

/// How operators of old opsets become their internal form: one function per step, each taking a
/// node from the form before some opset to the form of that opset. opset_raise.cpp lists them.
namespace gatefold::raise {

/// Makes a list-of-integers attribute (or an integer, as a list of one) the input `index`.
void move_ints(NodeDraft& draft, std::string_view attr, std::size_t index);
/// The input's shape as far as it is known while importing; nullptr when its rank is not.
const Shape* known_shape(const Value* value);
/// A constant scalar of the element type of `like`.
Value* scalar_like(const NodeDraft& draft, std::string_view base, float number, Value* like);

// tensor_rules.cpp
void concat_4(NodeDraft& draft);
void pad_2(NodeDraft& draft);
void pad_11(NodeDraft& draft);
void reshape_5(NodeDraft& draft);
void slice_10(NodeDraft& draft);
void split_2(NodeDraft& draft);
void split_18(NodeDraft& draft);
void split_to_sequence(NodeDraft& draft);
void tile_6(NodeDraft& draft);
void scatter(NodeDraft& draft);
void cast_6(NodeDraft& draft);

// math_rules.cpp
void broadcast_7(NodeDraft& draft);
void clip_6(NodeDraft& draft);
void clip_11(NodeDraft& draft);
void dft_20(NodeDraft& draft);
void selu_6(NodeDraft& draft);
void softmax_13(NodeDraft& draft);

// nn_rules.cpp
void batch_normalization_7(NodeDraft& draft);
void batch_normalization_9(NodeDraft& draft);
void batch_normalization_14(NodeDraft& draft);
void dropout_7(NodeDraft& draft);
void dropout_12(NodeDraft& draft);
void grid_sample_20(NodeDraft& draft);
void group_normalization_21(NodeDraft& draft);
void lp_pool_2(NodeDraft& draft);
void prelu_7(NodeDraft& draft);
void resize_11(NodeDraft& draft);
void resize_13(NodeDraft& draft);
void roi_align_16(NodeDraft& draft);
void upsample_7(NodeDraft& draft);
void upsample_9(NodeDraft& draft);
void upsample(NodeDraft& draft);

// scan_rule.cpp
void scan_9(NodeDraft& draft);

}  // namespace gatefold::raise
