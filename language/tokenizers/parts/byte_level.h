#pragma once

#include <string>
#include <vector>

namespace gatefold {

/// The characters that stand for the bytes 0 to 255 in tokens of the kind ByteLevel: printable
/// bytes for themselves, others U+0100 and following.
std::vector<std::string> byte_alphabet();

}  // namespace gatefold
