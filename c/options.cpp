#include <memory>

#include "c/errors.h"
#include "c/handles.h"
#include "c/tensors.h"

namespace gatefold::c {
namespace {

gatefold_options& options_of(gatefold_options* options) { return required(options, "options"); }

ProductPrecision to_precision(int32_t precision) {
  switch (precision) {
    case GATEFOLD_PRECISION_F32:
      return ProductPrecision::kFloat32;
    case GATEFOLD_PRECISION_BF16:
      return ProductPrecision::kBfloat16;
    case GATEFOLD_PRECISION_INT8:
      return ProductPrecision::kInt8;
    default:
      refuse("precision {} is none of gatefold_precision", precision);
  }
}

KernelChoice to_kernels(int32_t kernels) {
  switch (kernels) {
    case GATEFOLD_KERNELS_FASTEST:
      return KernelChoice::kFastest;
    case GATEFOLD_KERNELS_ONEDNN:
      return KernelChoice::kOnednn;
    case GATEFOLD_KERNELS_OWN:
      return KernelChoice::kOwn;
    default:
      refuse("kernels {} are none of gatefold_kernels", kernels);
  }
}

}  // namespace
}  // namespace gatefold::c

using gatefold::c::guarded;
using gatefold::c::options_of;
using gatefold::c::refuse;
using gatefold::c::required;

gatefold_status gatefold_options_create(gatefold_options** options) {
  return gatefold::c::make_handle(options, "the place for the options",
                                  [] { return std::make_unique<gatefold_options>(); });
}

void gatefold_options_free(gatefold_options* options) { delete options; }

gatefold_status gatefold_options_set_threads(gatefold_options* options, int threads) {
  return guarded([&] {
    constexpr int kMost = 1024;
    if (threads < 1 || threads > kMost) {
      refuse("{} threads are asked for; it must be from 1 to {}", threads, kMost);
    }
    options_of(options).load.threads = threads;
    options->training.threads = threads;
  });
}

gatefold_status gatefold_options_set_precision(gatefold_options* options, int32_t precision) {
  return guarded([&] {
    options_of(options).load.precision = gatefold::c::to_precision(precision);
    options->training.precision = options->load.precision;
  });
}

gatefold_status gatefold_options_set_kernels(gatefold_options* options, int32_t kernels) {
  return guarded([&] {
    options_of(options).load.kernels = gatefold::c::to_kernels(kernels);
    options->training.kernels = options->load.kernels;
  });
}

gatefold_status gatefold_options_set_dim(gatefold_options* options, const char* name,
                                         int64_t size) {
  return guarded([&] {
    const std::string dim = &required(name, "the name of an extent");
    if (size < 0) refuse("extent '{}' is given size {}", dim, size);
    options_of(options).load.dims[dim] = size;
    options->training.dims[dim] = size;
  });
}

gatefold_status gatefold_options_set_value(gatefold_options* options,
                                           const gatefold_tensor* value) {
  return guarded([&] {
    const gatefold_tensor& given = required(value, "the value");
    options_of(options).load.values[given.name] = gatefold::c::to_tensor(given).clone();
    options->for_models = "value";
  });
}

gatefold_status gatefold_options_set_optimize(gatefold_options* options, int is_optimized) {
  return guarded([&] {
    options_of(options).load.optimize = is_optimized != 0;
    options->for_models = "optimize";
  });
}

gatefold_status gatefold_options_set_reproducible(gatefold_options* options, int is_reproducible) {
  return guarded([&] {
    options_of(options).load.reproducible = is_reproducible != 0;
    options->for_models = "reproducible";
  });
}

gatefold_status gatefold_options_set_plan_memory(gatefold_options* options, size_t bytes) {
  return guarded([&] {
    options_of(options).load.most_plan_bytes = bytes;
    options->for_models = "plan_memory";
  });
}

gatefold_status gatefold_options_add_trainable(gatefold_options* options, const char* pattern) {
  return guarded([&] {
    options_of(options).training.choice.trainable.emplace_back(&required(pattern, "the pattern"));
    options->for_trainers = "trainable";
  });
}

gatefold_status gatefold_options_add_frozen(gatefold_options* options, const char* pattern) {
  return guarded([&] {
    options_of(options).training.choice.frozen.emplace_back(&required(pattern, "the pattern"));
    options->for_trainers = "frozen";
  });
}

gatefold_status gatefold_options_set_steps_per_epoch(gatefold_options* options, int64_t steps) {
  return guarded([&] {
    if (steps < 1) refuse("an epoch is given {} steps; it must have one at least", steps);
    options_of(options).training.steps_per_epoch = steps;
    options->for_trainers = "steps_per_epoch";
  });
}
