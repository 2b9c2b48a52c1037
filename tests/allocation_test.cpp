#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"
#include "tests/random_inputs.h"

namespace {

std::atomic<bool> counting{false};
std::atomic<int> own_allocations{0};

// oneDNN allocates inside its calls, which nothing of ours can prevent.
bool is_from_onednn(const void* caller) {
  Dl_info info;
  return dladdr(caller, &info) != 0 && info.dli_fname != nullptr &&
         std::strstr(info.dli_fname, "libdnnl") != nullptr;
}

void* allocate(std::size_t bytes, std::size_t alignment, const void* caller) {
  if (counting && !is_from_onednn(caller)) ++own_allocations;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Every form of operator new ends in one of these two.
void* operator new(std::size_t bytes) {
  return allocate(bytes, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace gatefold::test {
namespace {

int allocations_of_a_run(const Model& model, std::int64_t extent) {
  std::vector<Datum> inputs;
  for (const Value* input : model.graph->inputs()) {
    Type type = input->type();
    for (Dim& dim : *type.shape) {
      if (!dim.is_known()) dim = extent;
    }
    inputs.emplace_back(random_tensor(type, inputs.size() + 1));
  }
  Context context(std::make_shared<Executable>(model.graph));
  for (int warm_up = 0; warm_up < 3; ++warm_up) context.run(inputs);
  own_allocations = 0;
  counting = true;
  context.run(inputs);
  counting = false;
  return own_allocations;
}

TEST(Allocation, TheCounterCounts) {
  own_allocations = 0;
  counting = true;
  delete new int(1);
  counting = false;
  EXPECT_EQ(own_allocations, 1);
}

TEST(Allocation, SteadyStateRunsAllocateNothing) {
  const std::filesystem::path models = GATEFOLD_SOURCE_DIR "/examples/models";
  int checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(models)) {
    const auto path = entry.path() / "model.onnx";
    if (!std::filesystem::exists(path)) continue;
    for (const std::int64_t extent : {1, 3}) {
      EXPECT_EQ(allocations_of_a_run(read_model(path), extent), 0)
          << path << " with open extents of " << extent;
    }
    ++checked;
  }
  EXPECT_GE(checked, 3);
}

}  // namespace
}  // namespace gatefold::test
