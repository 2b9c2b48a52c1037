#pragma once

#include <string>
#include <string_view>

#include "ir/tensor.h"

namespace gatefold {

/// Pieces of ONNX's text syntax.

/// What the parser takes for a name where a type may stand, too: letters, digits and "_", anything
/// else being replaced by "_"; never a word that begins a type.
std::string identifier(std::string_view text);

/// Whether the parser reads the elements back as they are: there is no syntax for halves,
/// infinities, NaN and denormals.
bool is_expressible(const Tensor& tensor);
/// "1.5, -2"
std::string elements_text(const Tensor& tensor);
/// As an attribute, which would be an integer without "." or "e".
std::string float_text(float value);

}  // namespace gatefold
