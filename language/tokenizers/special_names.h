#pragma once

/// What the special tokens of projects are called.
namespace gatefold {

inline constexpr const char* kPaddingToken = "<pad>";
inline constexpr const char* kUnknownToken = "<unk>";
inline constexpr const char* kBeginningToken = "<s>";
inline constexpr const char* kEndToken = "</s>";

}  // namespace gatefold
