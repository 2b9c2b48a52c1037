#include "session/arrays/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>

#include "ir/dispatch.h"
#include "ir/error.h"
#include "ir/index.h"

namespace gatefold {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
/// The array's data starts at a multiple of this many bytes.
constexpr std::size_t kAlignment = 64;

struct NumpyType {
  DataType dtype;
  std::string_view code;
};

constexpr std::array<NumpyType, 12> kNumpyTypes{{
    {DataType::kFloat32, "f4"},
    {DataType::kFloat64, "f8"},
    {DataType::kFloat16, "f2"},
    {DataType::kInt8, "i1"},
    {DataType::kInt16, "i2"},
    {DataType::kInt32, "i4"},
    {DataType::kInt64, "i8"},
    {DataType::kUint8, "u1"},
    {DataType::kUint16, "u2"},
    {DataType::kUint32, "u4"},
    {DataType::kUint64, "u8"},
    {DataType::kBool, "b1"},
}};

struct Header {
  DataType dtype = DataType::kUndefined;
  bool fortran_order = false;
  Dims dims;
};

/// Reads the dictionary that describes the array: a Python literal such as
/// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Header parse() {
    Header header;
    std::array<bool, 3> given{};
    expect('{');
    while (!accept('}')) {
      const std::string_view key = parse_string();
      expect(':');
      if (key == "descr") {
        header.dtype = parse_dtype();
        given[0] = true;
      } else if (key == "fortran_order") {
        header.fortran_order = parse_bool();
        given[1] = true;
      } else if (key == "shape") {
        header.dims = parse_dims();
        given[2] = true;
      } else {
        damaged();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (!text_.empty() || given != std::array{true, true, true}) damaged();
    return header;
  }

 private:
  [[noreturn]] void damaged() const { fail("'{}' has a damaged .npy header", name_); }

  void skip_blanks() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size()));
  }

  bool accept(char c) {
    skip_blanks();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!accept(c)) damaged();
  }

  bool accept_word(std::string_view word) {
    skip_blanks();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  std::string_view parse_string() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const std::size_t end = text_.find(quote);
    if (end == std::string_view::npos) damaged();
    const std::string_view string = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return string;
  }

  bool parse_bool() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) damaged();
    return false;
  }

  DataType parse_dtype() {
    skip_blanks();
    if (text_.starts_with('[')) fail("'{}' holds structures; only plain numbers are read", name_);
    const std::string_view descr = parse_string();
    const std::string_view code = descr.substr(descr.find_first_not_of("<|=") == 1 ? 1 : 0);
    const auto* found =
        std::find_if(kNumpyTypes.begin(), kNumpyTypes.end(),
                     [&](const NumpyType& type) { return type.code == code || "?" == code; });
    if (found == kNumpyTypes.end()) {
      fail("'{}' has elements of numpy type '{}'; little-endian numbers and booleans are read",
           name_, descr);
    }
    return code == "?" ? DataType::kBool : found->dtype;
  }

  Dims parse_dims() {
    Dims dims;
    expect('(');
    while (!accept(')')) {
      skip_blanks();
      std::int64_t extent = -1;
      const auto parsed = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (parsed.ec != std::errc() || extent < 0) damaged();
      text_.remove_prefix(static_cast<std::size_t>(parsed.ptr - text_.data()));
      accept_word("L");
      dims.push_back(extent);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return dims;
  }

  std::string_view text_;
  std::string_view name_;
};

/// The bytes the array takes; nothing when no computer has that many.
std::optional<std::size_t> data_size(const Header& header) {
  std::size_t count = size_of(header.dtype);
  if (std::find(header.dims.begin(), header.dims.end(), 0) != header.dims.end()) return 0;
  for (const std::int64_t extent : header.dims) {
    if (static_cast<std::size_t>(extent) > std::numeric_limits<std::int64_t>::max() / count) {
      return std::nullopt;
    }
    count *= static_cast<std::size_t>(extent);
  }
  return count;
}

/// Copies an array stored column by column into row-major order.
void copy_fortran_order(std::string_view data, Tensor& tensor) {
  const Dims& dims = tensor.dims();
  Dims strides(dims.size(), 1);
  for (std::size_t i = 1; i < dims.size(); ++i) strides[i] = strides[i - 1] * dims[i - 1];
  const std::size_t width = size_of(tensor.dtype());
  std::byte* target = tensor.raw();
  for_each_index<1>(dims, {strides}, [&](const std::array<std::int64_t, 1>& offsets) {
    std::memcpy(target, data.data() + static_cast<std::size_t>(offsets[0]) * width, width);
    target += width;
  });
}

/// The numbers of a header's length field, least significant byte first.
std::size_t read_length(std::string_view field) {
  std::size_t length = 0;
  for (std::size_t i = field.size(); i-- > 0;) {
    length = length << 8U | static_cast<unsigned char>(field[i]);
  }
  return length;
}

}  // namespace

Tensor parse_npy(std::string_view bytes, std::string_view name) {
  constexpr std::size_t kVersionEnd = kMagic.size() + 2;
  if (!bytes.starts_with(kMagic) || bytes.size() < kVersionEnd) {
    fail("'{}' is not a .npy file", name);
  }
  const int version = static_cast<unsigned char>(bytes[kMagic.size()]);
  if (version < 1 || version > 3) {
    fail("'{}' is a .npy file of version {}; versions 1 to 3 are read", name, version);
  }
  const std::size_t length_size = version == 1 ? 2 : 4;
  const std::size_t header_start = kVersionEnd + length_size;
  if (bytes.size() < header_start) fail("'{}' ends within its .npy header", name);
  const std::size_t header_size = read_length(bytes.substr(kVersionEnd, length_size));
  if (bytes.size() - header_start < header_size) fail("'{}' ends within its .npy header", name);
  const Header header = HeaderParser(bytes.substr(header_start, header_size), name).parse();

  const std::string_view data = bytes.substr(header_start + header_size);
  const auto expected = data_size(header);
  if (!expected || data.size() != *expected) {
    fail("'{}' holds {} bytes of data; {}{} takes {}", name, data.size(), name_of(header.dtype),
         to_string(header.dims), expected ? fmt::format("{}", *expected) : "far more");
  }
  Tensor tensor(header.dtype, header.dims);
  if (header.fortran_order) {
    copy_fortran_order(data, tensor);
  } else if (!data.empty()) {
    std::memcpy(tensor.raw(), data.data(), data.size());
  }
  if (tensor.dtype() == DataType::kBool) {
    auto* elements = reinterpret_cast<unsigned char*>(tensor.raw());
    std::transform(elements, elements + tensor.size(), elements,
                   [](unsigned char element) { return element != 0; });
  }
  return tensor;
}

std::string format_npy(const Tensor& tensor) {
  if (tensor.dtype() == DataType::kBfloat16)
    return format_npy(tensor.converted(DataType::kFloat32));
  const auto* type =
      std::find_if(kNumpyTypes.begin(), kNumpyTypes.end(),
                   [&](const NumpyType& known) { return known.dtype == tensor.dtype(); });
  std::string shape;
  for (const std::int64_t extent : tensor.dims()) shape += fmt::format("{}, ", extent);
  if (tensor.rank() > 1) shape.resize(shape.size() - 2);
  std::string header = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}",
                                   size_of(tensor.dtype()) == 1 ? '|' : '<', type->code, shape);
  constexpr std::size_t kPrefix = kMagic.size() + 4;
  header.append(kAlignment - 1 - (kPrefix + header.size()) % kAlignment, ' ');
  header += '\n';
  std::string bytes(kMagic);
  bytes += {'\x01', '\x00', static_cast<char>(header.size() & 0xFFU),
            static_cast<char>(header.size() >> 8U)};
  bytes += header;
  return bytes.append(reinterpret_cast<const char*>(tensor.raw()), tensor.bytes());
}

}  // namespace gatefold
