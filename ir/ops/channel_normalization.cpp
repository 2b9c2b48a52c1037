#include <algorithm>
#include <cmath>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/moments.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// The channels of X [N,C,s..]; a 1-D X has one.
Dim channels_of(const Shape& x) { return x.size() > 1 ? x[1] : Dim(1); }

void check_channel_input(const InferContext& context, std::size_t index, const Dim& channels) {
  context.expect_rank(index, 1);
  if (!context.has_rank(index)) return;
  merge(context, context.shape(index)[0], channels,
        "the extent of a per-channel input and the channels of X");
}

void infer_batch(InferContext& context) {
  const bool training = context.node().attr_int("training_mode") != 0;
  if (!training && context.node().output_count() > 1) {
    context.fail("it has {} outputs but must have 1 unless training_mode = 1",
                 context.node().output_count());
  }
  if (context.has_rank(0)) {
    if (context.rank(0) == 0) context.fail("X is a scalar but must have at least 1 dimension");
    const Dim channels = channels_of(context.shape(0));
    for (std::size_t i = 1; i < 5; ++i) check_channel_input(context, i, channels);
  }
  context.set_output(0, context.input(0));
  context.set_output(1, context.input(3));
  context.set_output(2, context.input(4));
}

void check_channels(const InferContext& context, std::int64_t least_rank) {
  if (!context.has_rank(0)) return;
  if (context.rank(0) < least_rank) {
    context.fail("X is {} but must have at least {} dimensions", to_string(context.input(0)),
                 least_rank);
  }
  check_channel_input(context, 1, context.shape(0)[1]);
  check_channel_input(context, 2, context.shape(0)[1]);
}

void infer_instance(InferContext& context) {
  check_channels(context, 2);
  context.set_output(0, context.input(0));
}

void infer_group(InferContext& context) {
  check_channels(context, 2);
  const std::int64_t groups = context.node().attr_int("num_groups");
  if (groups < 1) context.fail("attribute 'num_groups' is {} but must be at least 1", groups);
  if (context.has_rank(0)) {
    const Dim& channels = context.shape(0)[1];
    if (channels.is_known() && channels.size() % groups != 0) {
      context.fail("X has {} channels but must have a multiple of num_groups = {}", channels.size(),
                   groups);
    }
  }
  context.set_output(0, context.input(0));
}

std::vector<double> numbers_of(const Tensor& tensor) {
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < tensor.size(); ++i) numbers.push_back(tensor.number_at(i));
  return numbers;
}

/// X [N,C,s..] as N blocks of C planes.
struct Planes {
  std::int64_t batch = 1;
  std::int64_t channels = 1;
  std::int64_t size = 1;
};

Planes planes_of(const Dims& x) {
  Planes planes;
  planes.batch = x[0];
  if (x.size() > 1) planes.channels = x[1];
  for (std::size_t i = 2; i < x.size(); ++i) planes.size *= x[i];
  return planes;
}

/// y = x * factor + shift for one plane.
template <typename T>
void write_plane(const T* x, std::int64_t size, double factor, double shift, T* y) {
  for (std::int64_t i = 0; i < size; ++i) y[i] = static_cast<T>(x[i] * factor + shift);
}

template <typename T>
std::vector<Moments> channel_moments(const Planes& planes, const T* x) {
  std::vector<Moments> moments;
  std::vector<T> gathered;
  for (std::int64_t c = 0; c < planes.channels; ++c) {
    gathered.clear();
    for (std::int64_t n = 0; n < planes.batch; ++n) {
      const T* plane = x + (n * planes.channels + c) * planes.size;
      gathered.insert(gathered.end(), plane, plane + planes.size);
    }
    moments.push_back(moments_of(gathered.data(), static_cast<std::int64_t>(gathered.size())));
  }
  return moments;
}

/// Output `index`: old * momentum + current * (1 - momentum).
template <typename Current>
void write_running(EvaluateContext& context, std::size_t index, const Tensor& old,
                   const std::vector<Moments>& moments, Current current) {
  const double momentum = context.node().attr_float("momentum");
  Tensor& output = context.output(index, old.dtype(), old.dims());
  dispatch_float(old.dtype(), [&]<typename U>() {
    for (std::size_t c = 0; c < moments.size(); ++c) {
      output.data<U>()[c] =
          static_cast<U>(old.data<U>()[c] * momentum + moments[c].*current * (1 - momentum));
    }
  });
}

template <typename T>
void normalize_batch(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const Planes planes = planes_of(x.dims());
  const std::vector<double> scale = numbers_of(context.input(1));
  const std::vector<double> bias = numbers_of(context.input(2));
  std::vector<Moments> moments;
  if (context.node().attr_int("training_mode") != 0) {
    moments = channel_moments(planes, x.data<T>());
    write_running(context, 1, context.input(3), moments, &Moments::mean);
    write_running(context, 2, context.input(4), moments, &Moments::variance);
  } else {
    for (std::int64_t c = 0; c < planes.channels; ++c) {
      moments.push_back({context.input(3).number_at(c), context.input(4).number_at(c)});
    }
  }
  const double epsilon = context.node().attr_float("epsilon");
  Tensor& y = context.output(0, x.dtype(), x.dims());
  for (std::int64_t n = 0; n < planes.batch; ++n) {
    for (std::int64_t c = 0; c < planes.channels; ++c) {
      const double factor = scale[c] / std::sqrt(moments[c].variance + epsilon);
      const std::int64_t offset = (n * planes.channels + c) * planes.size;
      write_plane(x.data<T>() + offset, planes.size, factor, bias[c] - moments[c].mean * factor,
                  y.data<T>() + offset);
    }
  }
}

void evaluate_batch(EvaluateContext& context) {
  dispatch_float(context.input(0).dtype(), [&]<typename T>() { normalize_batch<T>(context); });
}

/// Normalises each of `groups` runs of channels by its own moments.
template <typename T>
void normalize_groups(EvaluateContext& context, std::int64_t groups) {
  const Tensor& x = context.input(0);
  const Planes planes = planes_of(x.dims());
  const std::vector<double> scale = numbers_of(context.input(1));
  const std::vector<double> bias = numbers_of(context.input(2));
  const double epsilon = context.node().attr_float("epsilon");
  const std::int64_t members = groups == 0 ? 0 : planes.channels / groups;
  const T* source = x.data<T>();
  T* target = context.output(0, x.dtype(), x.dims()).template data<T>();
  for (std::int64_t g = 0; g < planes.batch * groups; ++g) {
    const Moments moments = moments_of(source, members * planes.size);
    for (std::int64_t i = 0; i < members; ++i, source += planes.size, target += planes.size) {
      const std::int64_t c = g % groups * members + i;
      const double factor = scale[c] / std::sqrt(moments.variance + epsilon);
      write_plane(source, planes.size, factor, bias[c] - moments.mean * factor, target);
    }
  }
}

void evaluate_instance(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  dispatch_float(x.dtype(), [&]<typename T>() { normalize_groups<T>(context, x.dims()[1]); });
}

void evaluate_group(EvaluateContext& context) {
  const std::int64_t groups = context.node().attr_int("num_groups");
  dispatch_float(context.input(0).dtype(),
                 [&]<typename T>() { normalize_groups<T>(context, groups); });
}

OpDef batch_normalization() {
  return {
      .name = "BatchNormalization",
      .doc =
          "Normalises every channel by given moments or, with training_mode = 1, by those of the "
          "batch, and then updates running moments.\n"
          "Shapes: X [N,C,s..] (1-D: C = 1), scale, B, input_mean, input_var [C] -> Y [N,C,s..], "
          "running_mean, running_var [C]\n"
          "Formula: Y = (X - mean) / sqrt(var + epsilon) * scale + B,\n"
          "  running = input * momentum + current * (1 - momentum)\n"
          "Source: ONNX BatchNormalization-15",
      .since = 15,
      .inputs = {{"X", "T", kFloatTypes},
                 {"scale", "T1", kFloatTypes},
                 {"B", "T1", kFloatTypes},
                 {"input_mean", "T2", kFloatTypes},
                 {"input_var", "T2", kFloatTypes}},
      .outputs = {{"Y", "T", kFloatTypes},
                  {"running_mean", "T2", kFloatTypes, Port::Arity::kOptional},
                  {"running_var", "T2", kFloatTypes, Port::Arity::kOptional}},
      .attrs = {{"epsilon", AttrDef::Kind::kFloat, 1e-5F},
                {"momentum", AttrDef::Kind::kFloat, 0.9F},
                {"training_mode", AttrDef::Kind::kInt, 0}},
      .infer = infer_batch,
      .evaluate = evaluate_batch,
  };
}

OpDef instance_normalization() {
  return {
      .name = "InstanceNormalization",
      .doc =
          "Normalises every channel of every sample by its own moments.\n"
          "Shapes: input [N,C,s..], scale, B [C] -> output [N,C,s..]\n"
          "Formula: output = (input - mean) / sqrt(var + epsilon) * scale + B\n"
          "Source: ONNX InstanceNormalization-6",
      .since = 6,
      .inputs = {{"input", "T", kFloatTypes}, {"scale", "T", kFloatTypes}, {"B", "T", kFloatTypes}},
      .outputs = {{"output", "T", kFloatTypes}},
      .attrs = {{"epsilon", AttrDef::Kind::kFloat, 1e-5F}},
      .infer = infer_instance,
      .evaluate = evaluate_instance,
  };
}

OpDef group_normalization() {
  return {
      .name = "GroupNormalization",
      .doc =
          "Normalises every group of neighbouring channels of every sample by its own moments.\n"
          "Shapes: X [N,C,s..], scale, bias [C] -> Y [N,C,s..]\n"
          "Formula: Y = (X - mean) / sqrt(var + epsilon) * scale + bias\n"
          "Source: ONNX GroupNormalization-21",
      .since = 21,
      .inputs = {{"X", "T", kFloatTypes}, {"scale", "T", kFloatTypes}, {"bias", "T", kFloatTypes}},
      .outputs = {{"Y", "T", kFloatTypes}},
      .attrs = {{"epsilon", AttrDef::Kind::kFloat, 1e-5F},
                {.name = "num_groups", .kind = AttrDef::Kind::kInt, .is_required = true},
                {"stash_type", AttrDef::Kind::kInt, 1}},
      .infer = infer_group,
      .evaluate = evaluate_group,
  };
}

}  // namespace

std::vector<OpDef> channel_normalization() {
  return {batch_normalization(), instance_normalization(), group_normalization()};
}

}  // namespace gatefold::ops
