#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gatefold {

/// Whether the bytes are well-formed UTF-8.
bool is_utf8(std::string_view bytes);

/// Checks that the bytes of a text are UTF-8, and drops a byte-order mark at their beginning.
/// `source` is what messages call the text, as "'names.txt'" or "the prompt". Throws Error for
/// bytes in another encoding, saying which it is where they begin with a mark, and on which line
/// and at which byte they first are no UTF-8.
std::string checked_utf8(std::string bytes, std::string_view source);

/// Reads a text file by checked_utf8. Throws Error when it cannot be read or is not UTF-8.
std::string read_text(const std::filesystem::path& path);

/// Replaces each longest ill-formed sequence of bytes by U+FFFD.
std::string repaired_utf8(std::string_view bytes);

}  // namespace gatefold
