#include "backend/onednn/compat.h"

#include <cassert>

namespace gatefold::onednn {
namespace {

dnnl::memory memory_at(const dnnl::memory::desc& layout, const void* memory) {
  return {layout, engine(), const_cast<void*>(memory)};
}

}  // namespace

const dnnl::engine& engine() {
  // oneDNN would keep 1024 primitives with their code, about a GB. These are enough for contexts of
  // one model to share theirs.
  constexpr int kMostCachedPrimitives = 128;
  static const dnnl::engine cpu = [] {
    if (dnnl::get_primitive_cache_capacity() > kMostCachedPrimitives) {
      dnnl::set_primitive_cache_capacity(kMostCachedPrimitives);
    }
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return cpu;
}

dnnl::stream& stream() {
  thread_local dnnl::stream own(engine());
  return own;
}

dnnl::primitive_attr make_attr() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

dnnl::memory::dims dims_of(const dnnl::memory::desc& layout) {
#if DNNL_VERSION_MAJOR >= 3
  return layout.get_dims();
#else
  return layout.dims();
#endif
}

dnnl::memory::desc layout_of(const Dims& dims, dnnl::memory::format_tag tag) {
  return {dims, dnnl::memory::data_type::f32, tag};
}

dnnl::memory::desc plain_layout(const Dims& dims) {
  using Tag = dnnl::memory::format_tag;
  constexpr Tag kTags[] = {Tag::a, Tag::ab, Tag::abc, Tag::abcd, Tag::abcde, Tag::abcdef};
  assert(!dims.empty() && dims.size() <= std::size(kTags));
  return layout_of(dims, kTags[dims.size() - 1]);
}

dnnl::memory::desc any_layout(const Dims& dims) {
  return layout_of(dims, dnnl::memory::format_tag::any);
}

PreparedPrimitive::PreparedPrimitive(const dnnl::primitive& primitive,
                                     const dnnl::memory::desc& scratch_layout,
                                     const std::string& implementation,
                                     std::vector<Argument> arguments)
    : primitive_(primitive),
      scratch_bytes_(scratch_layout.get_size()),
      implementation_("onednn " + implementation) {
  if (scratch_bytes_ > 0) arguments.push_back({DNNL_ARG_SCRATCHPAD, scratch_layout});
  for (const Argument& argument : arguments) {
    memories_.push_back(memory_at(argument.layout, argument.memory));
    pointers_.push_back(argument.memory);
    arguments_.push_back({argument.number, memories_.back().get()});
  }
}

void PreparedPrimitive::set(std::size_t index, const void* memory) {
  if (pointers_[index] == memory) return;
  pointers_[index] = memory;
  memories_[index].set_data_handle(const_cast<void*>(memory));
}

void PreparedPrimitive::execute(void* scratch) {
  if (scratch_bytes_ > 0) set(pointers_.size() - 1, scratch);
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(primitive_.get(), stream().get(), static_cast<int>(arguments_.size()),
                             arguments_.data()),
      "a primitive cannot be executed");
  stream().wait();
}

std::string key_of(const dnnl::memory::desc& layout) {
#if DNNL_VERSION_MAJOR >= 3
  std::size_t size = 0;
  dnnl::error::wrap_c_api(dnnl_memory_desc_get_blob(nullptr, &size, layout.get()),
                          "a memory layout cannot be written down");
  std::string key(size, '\0');
  dnnl::error::wrap_c_api(
      dnnl_memory_desc_get_blob(reinterpret_cast<std::uint8_t*>(key.data()), &size, layout.get()),
      "a memory layout cannot be written down");
  return key;
#else
  return {reinterpret_cast<const char*>(&layout.data), sizeof(layout.data)};
#endif
}

PreparedPrimitive prepare_reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to) {
  const dnnl::reorder::primitive_desc desc(engine(), from, engine(), to, make_attr());
  return {dnnl::reorder(desc), desc, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}};
}

void reorder(const void* source, const dnnl::memory::desc& from, void* target,
             const dnnl::memory::desc& to) {
  dnnl::memory source_memory = memory_at(from, source);
  dnnl::memory target_memory = memory_at(to, target);
  dnnl::reorder(source_memory, target_memory).execute(stream(), source_memory, target_memory);
  stream().wait();
}

Tensor pack(PackedWeights& packed, const Tensor& source, const dnnl::memory::desc& from,
            const dnnl::memory::desc& to) {
  return packed.get(source, "onednn" + key_of(from) + key_of(to), [&] {
    Tensor target(DataType::kUint8, {static_cast<std::int64_t>(to.get_size())});
    reorder(source.raw(), from, target.raw(), to);
    return target;
  });
}

}  // namespace gatefold::onednn
