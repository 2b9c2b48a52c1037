#include "language/text/utf8.h"

#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "ir/error.h"
#include "language/text/string_piece.h"
#include "session/arrays/files.h"

namespace gatefold {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Beginnings of texts in other encodings, longer ones first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kForeignMarks{
    {{"\xFF\xFE\0\0"sv, "UTF-32"},
     {"\0\0\xFE\xFF"sv, "UTF-32"},
     {"\xFF\xFE"sv, "UTF-16"},
     {"\xFE\xFF"sv, "UTF-16"}}};

/// The offset of the first ill-formed sequence; the size of the text where there is none.
std::size_t first_fault(std::string_view bytes) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  const char* text = bytes.data();
  for (std::int64_t offset = 0; offset < size;) {
    const std::int64_t begin = offset;
    UChar32 point = 0;
    U8_NEXT(text, offset, size, point);
    if (point < 0) return static_cast<std::size_t>(begin);
  }
  return bytes.size();
}

/// The name of the encoding that the bytes are in by their beginning, or empty.
std::string_view foreign_encoding(std::string_view bytes) {
  for (const auto& [mark, name] : kForeignMarks) {
    if (bytes.starts_with(mark)) return name;
  }
  // A letter of ASCII in UTF-16 has one zero byte.
  const bool is_wide = bytes.size() >= 2 && (bytes[0] == '\0') != (bytes[1] == '\0');
  return is_wide ? "UTF-16" : "";
}

}  // namespace

bool is_utf8(std::string_view bytes) { return first_fault(bytes) == bytes.size(); }

std::string checked_utf8(std::string bytes, std::string_view source) {
  const std::string_view encoding = foreign_encoding(bytes);
  if (!encoding.empty()) {
    fail("{} is {}; convert it to UTF-8, as by: iconv -f {} -t UTF-8", source, encoding, encoding);
  }
  const std::size_t fault = first_fault(bytes);
  if (fault < bytes.size()) {
    const auto line = std::count(bytes.begin(), bytes.begin() + fault, '\n') + 1;
    fail(
        "{} is not UTF-8: line {}, byte {} of the text, is 0x{:02X}; convert it to UTF-8, as by: "
        "iconv -f ITS_ENCODING -t UTF-8",
        source, line, fault, static_cast<unsigned char>(bytes[fault]));
  }
  if (bytes.starts_with(kByteOrderMark)) bytes.erase(0, kByteOrderMark.size());
  return bytes;
}

std::string read_text(const std::filesystem::path& path) {
  return checked_utf8(read_file(path), fmt::format("'{}'", path.string()));
}

std::string repaired_utf8(std::string_view bytes) {
  std::string repaired;
  return icu::UnicodeString::fromUTF8(string_piece(bytes)).toUTF8String(repaired);
}

}  // namespace gatefold
