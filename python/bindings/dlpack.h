#pragma once

#include <cstdint>

/// The part of DLPack's interface by which libraries hand tensors to each other: a capsule named
/// "dltensor" that holds a DLManagedTensor, renamed to "used_dltensor" by who takes it over. Layout
/// of version 0.8; source: https://dmlc.github.io/dlpack.
namespace gatefold::python::dlpack {

inline constexpr const char* kCapsule = "dltensor";
inline constexpr const char* kUsedCapsule = "used_dltensor";

/// Where memory is; kDLCPU is the host's.
struct Device {
  std::int32_t type;
  std::int32_t number;
};
inline constexpr std::int32_t kCpu = 1;

/// An element type: a code, its bits, and how many make one element.
struct ElementType {
  std::uint8_t code;
  std::uint8_t bits;
  std::uint16_t lanes;
};
inline constexpr std::uint8_t kInt = 0;
inline constexpr std::uint8_t kUint = 1;
inline constexpr std::uint8_t kFloat = 2;
inline constexpr std::uint8_t kBfloat = 4;
inline constexpr std::uint8_t kBool = 6;

/// A tensor over foreign memory; strides count elements, none means row-major.
struct View {
  void* data;
  Device device;
  std::int32_t rank;
  ElementType type;
  std::int64_t* extents;
  std::int64_t* strides;
  std::uint64_t byte_offset;
};

/// A tensor with the function that gives it back.
struct ManagedTensor {
  View view;
  void* context;
  void (*give_back)(ManagedTensor* self);
};

}  // namespace gatefold::python::dlpack
