#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "frontend/raise/rules.h"

namespace gatefold::raise {

using Ints = std::vector<std::int64_t>;

namespace {

void require_inputs(const NodeDraft& draft, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (draft.input(i) == nullptr) draft.fail("input {} is missing but required", i);
  }
}

}  // namespace

void batch_normalization_7(NodeDraft& draft) {
  const auto is_test = draft.take_attr_or<std::int64_t>("is_test", 0);
  if (is_test == 0) draft.attrs["training_mode"] = std::int64_t{1};
}

void batch_normalization_9(NodeDraft& draft) {
  if (draft.take_attr_or<std::int64_t>("spatial", 1) == 1) return;
  draft.fail(
      "attribute 'spatial' is 0, which normalises every position by itself and is not supported; "
      "export the model with opset 9 or later");
}

// What an implementation saved for its own backward step, saved_mean and saved_var, is left out:
// exporters name these outputs, but nothing reads them.
void batch_normalization_14(NodeDraft& draft) {
  // More outputs than one asked for the training form.
  if (draft.has_output(1) || draft.has_output(2)) draft.attrs["training_mode"] = std::int64_t{1};
  draft.outputs.resize(std::min<std::size_t>(draft.outputs.size(), 3));
}

void dropout_7(NodeDraft& draft) {
  const auto is_test = draft.take_attr_or<std::int64_t>("is_test", 0);
  if (is_test == 0) draft.set_input(2, draft.constant("training_mode", Tensor::scalar(true)));
}

void dropout_12(NodeDraft& draft) {
  if (draft.opset < 10 && draft.has_output(1)) {
    draft.fail("output mask of before opset 10 is not supported");
  }
  const auto ratio = draft.take_attr_or<float>("ratio", 0.5F);
  draft.set_input(1, draft.constant("ratio", Tensor::scalar(ratio)));
}

void grid_sample_20(NodeDraft& draft) {
  const auto mode = draft.take_attr_or<std::string>("mode", "bilinear");
  if (mode == "bilinear") {
    draft.attrs["mode"] = "linear";
  } else {
    draft.attrs["mode"] = mode == "bicubic" ? "cubic" : mode;
  }
}

void group_normalization_21(NodeDraft& draft) {
  // Scale and bias were given per group: what InstanceNormalization does when groups are channels.
  require_inputs(draft, 3);
  const auto groups = draft.take_attr<std::int64_t>("num_groups");
  if (!groups) draft.fail("attribute 'num_groups' is missing but required");
  Attrs attrs = std::move(draft.attrs);
  attrs.erase("stash_type");
  Value* X = draft.input(0);
  Value* target = draft.constant_ints("groups", {0, *groups, -1});
  Value* grouped = draft.add("grouped", "Reshape", {X, target});
  Value* result = draft.add("normalised", "InstanceNormalization",
                            {grouped, draft.input(1), draft.input(2)}, std::move(attrs));
  draft.become("Reshape", {result, draft.add("shape", "Shape", {X})});
}

void lp_pool_2(NodeDraft& draft) {
  const auto p = draft.take_attr_or<float>("p", 2.0F);
  if (p != static_cast<float>(static_cast<std::int64_t>(p))) {
    draft.fail("attribute 'p' is {} but must be a whole number", p);
  }
  draft.attrs["p"] = static_cast<std::int64_t>(p);
}

void prelu_7(NodeDraft& draft) {
  // The slope was one number, or one per channel: axis 1 of X.
  const Shape* slope = known_shape(draft.input(1));
  const Shape* X = known_shape(draft.input(0));
  if (slope != nullptr && (slope->size() != 1 || slope->front().is(1))) return;
  if (slope == nullptr || X == nullptr) {
    draft.fail("this form of before opset 7 needs inputs with known numbers of dimensions");
  }
  if (X->size() <= 2) return;
  Ints axes(X->size() - 2);
  std::iota(axes.begin(), axes.end(), 1);
  draft.inputs[1] =
      draft.add("slope", "Unsqueeze", {draft.input(1), draft.constant_ints("axes", axes)});
}

void resize_11(NodeDraft& draft) {
  // Before opset 11 output position i reads position i / scale, rounded down when the output is the
  // larger and up when it is the smaller.
  require_inputs(draft, 2);
  Value* scales = draft.input(1);
  bool shrinks = false;
  bool grows = false;
  for (std::int64_t i = 0; scales->has_data() && i < scales->data()->size(); ++i) {
    const double scale = scales->data()->number_at(i);
    shrinks = shrinks || scale < 1;
    grows = grows || scale > 1;
  }
  const auto mode = draft.take_attr_or<std::string>("mode", "nearest");
  if (mode == "nearest" && shrinks && grows) {
    draft.fail(
        "nearest mode that shrinks one axis and enlarges another is not supported before "
        "opset 11");
  }
  Attrs attrs{{"mode", mode == "bilinear" ? "linear" : mode},
              {"coordinate_transformation_mode", "asymmetric"}};
  if (mode == "nearest") attrs["nearest_mode"] = shrinks ? "ceil" : "floor";
  draft.become("Resize", {draft.input(0), nullptr, scales}, std::move(attrs));
}

void resize_13(NodeDraft& draft) {
  // Opsets 11 and 12 could place output position x at (x + 0.5) / scale, half an element behind
  // half_pixel. Two ways to pick the nearest element there are other ways at half_pixel.
  constexpr std::string_view kMode = "coordinate_transformation_mode";
  constexpr std::string_view kEnded = "tf_half_pixel_for_nn";
  constexpr std::pair<std::string_view, std::string_view> kEqual[] = {
      {"floor", "round_prefer_ceil"}, {"round_prefer_floor", "ceil"}};
  const auto text_of = [&](std::string_view attr, std::string_view otherwise) {
    const auto found = draft.attrs.find(attr);
    const bool is_text =
        found != draft.attrs.end() && std::holds_alternative<std::string>(found->second);
    return is_text ? std::get<std::string>(found->second) : std::string(otherwise);
  };
  if (text_of(kMode, "half_pixel") != kEnded) return;
  if (draft.opset > 12) {
    draft.fail("{} is '{}', which ended with opset 12, but the node is of opset {}", kMode, kEnded,
               draft.opset);
  }
  if (text_of("mode", "nearest") != "nearest") return;
  const std::string nearest = text_of("nearest_mode", "round_prefer_floor");
  for (const auto& [there, here] : kEqual) {
    if (nearest != there) continue;
    draft.attrs[std::string(kMode)] = std::string("half_pixel");
    draft.attrs["nearest_mode"] = std::string(here);
  }
}

void roi_align_16(NodeDraft& draft) {
  draft.attrs.emplace("coordinate_transformation_mode", "output_half_pixel");
}

void upsample_7(NodeDraft& draft) {
  const auto height = draft.take_attr<float>("height_scale");
  const auto width = draft.take_attr<float>("width_scale");
  if (!height || !width) {
    draft.fail("attributes 'height_scale' and 'width_scale' are required before opset 7");
  }
  draft.attrs["scales"] = std::vector<float>{1, 1, *height, *width};
}

void upsample_9(NodeDraft& draft) {
  const auto scales = draft.take_attr<std::vector<float>>("scales");
  if (!scales) draft.fail("attribute 'scales' is missing but required");
  const auto count = static_cast<std::int64_t>(scales->size());
  draft.set_input(1, draft.constant("scales", Tensor::of<float>({count}, *scales)));
}

void upsample(NodeDraft& draft) { resize_11(draft); }

}  // namespace gatefold::raise
