#pragma once

#include <string>

namespace gatefold {

/// Returns the token that stands for a byte of a character without a token, as "<0xE4>".
std::string byte_token(char byte);

}  // namespace gatefold
