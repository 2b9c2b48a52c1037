#include "session/arrays/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>

#include "ir/error.h"

namespace gatefold::test {
namespace {

/// The bytes of a file with this header and these bytes of numbers.
std::string file_of(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size() % 256);
  bytes[1] = static_cast<char>(header.size() / 256);
  return bytes + header + data;
}

std::string error_of(const std::string& bytes) {
  try {
    parse_safetensors(bytes, "w");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Safetensors, HaveTheFormOfTheirLibrary) {
  const std::map<std::string, Tensor> tensors{
      {"a", Tensor::of<std::int8_t>({3}, {1, 2, 3})},
      {"b", Tensor::of<float>({1, 2}, {1, -2})},
      {"c", Tensor::of<float>({}, {0.5F})},
  };
  const std::string header = R"({"b":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                             R"("c":{"dtype":"F32","shape":[],"data_offsets":[8,12]},)"
                             R"("a":{"dtype":"I8","shape":[3],"data_offsets":[12,15]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  const std::string data("\0\0\x80\x3f\0\0\0\xc0\0\0\0\x3f\1\2\3", 15);
  EXPECT_EQ(format_safetensors(tensors), file_of(padded, data));
}

TEST(Safetensors, KeepEveryBit) {
  const float nan = std::nanf("123");
  std::map<std::string, Tensor> tensors{
      {"f32", Tensor::of<float>({2, 2}, {nan, -0.0F, std::numeric_limits<float>::denorm_min(),
                                         std::numeric_limits<float>::infinity()})},
      {"f64", Tensor::of<double>({1}, {0.1})},
      {"i64", Tensor::of<std::int64_t>({2}, {std::numeric_limits<std::int64_t>::min(), 7})},
      {"nothing", Tensor(DataType::kFloat32, {0, 5})},
      {"a \"name\" / é", Tensor::of<std::uint8_t>({2}, {0, 255})},
  };
  for (const DataType dtype :
       {DataType::kBool, DataType::kFloat16, DataType::kBfloat16, DataType::kUint16}) {
    tensors[std::string(name_of(dtype))] = Tensor(dtype, {3});
  }
  const auto read = parse_safetensors(format_safetensors(tensors), "w");
  ASSERT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    ASSERT_TRUE(read.contains(name)) << name;
    EXPECT_EQ(read.at(name).type(), tensor.type()) << name;
    EXPECT_EQ(std::memcmp(read.at(name).raw(), tensor.raw(), tensor.bytes()), 0) << name;
  }
}

TEST(Safetensors, MayHoldMetadata) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  EXPECT_EQ(parse_safetensors(file_of(header, "x"), "w").at("a").data<std::uint8_t>()[0], 'x');
  EXPECT_TRUE(parse_safetensors(file_of("{}", ""), "w").empty());
}

TEST(Safetensors, RefuseDamagedFiles) {
  const auto entry = [](const std::string& fields) { return R"({"a":{)" + fields + "}}"; };
  const std::string good = entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])");
  const std::pair<std::string, std::string> cases[] = {
      {"", "it ends within the length of its header"},
      {"1234567", "it ends within the length of its header"},
      {std::string(8, '\xff') + "{}", "its header should have 18446744073709551615 bytes"},
      {file_of("[1]", ""), "its header is no object in JSON"},
      {file_of("{\"a\"", ""), "its header is no object in JSON"},
      {file_of(good, "123"), "tensor 'a' has the bytes from 0 to 4 of 3"},
      {file_of(good, "12345"), "1 bytes follow its last tensor"},
      {file_of(entry(R"("dtype":"F32","shape":[1],"data_offsets":[1,5])"), "12345"),
       "tensor 'a' has the bytes from 1 to 5 of 5, but should begin at 0"},
      {file_of(entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), "1234"),
       "tensor 'a' is float[2], but has the bytes from 0 to 4"},
      {file_of(entry(R"("dtype":"F32","shape":[0],"data_offsets":[4,0])"), "1234"),
       "but has the bytes from 4 to 0"},
      {file_of(entry(R"("dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1])"), "1"),
       "tensor 'a' has elements of type 'F8_E4M3', which is not supported"},
      {file_of(entry(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), "1234"),
       "is not described by dtype, shape and data_offsets"},
      {file_of(entry(R"("dtype":"F32","data_offsets":[0,4])"), "1234"),
       "is not described by dtype, shape and data_offsets"},
      {file_of(entry(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"), ""),
       "tensor 'a'"},
      {file_of(entry(R"("dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4])"),
               "1234"),
       "tensor 'a'"},
      {file_of(entry(R"("dtype":"BOOL","shape":[1],"data_offsets":[0,1])"), "\x02"),
       "tensor 'a' is BOOL, but holds bytes other than 0 and 1"},
  };
  for (const auto& [bytes, message] : cases) {
    const std::string found = error_of(bytes);
    EXPECT_TRUE(found.starts_with("'w' is not a whole .safetensors file: ")) << found;
    EXPECT_NE(found.find(message), std::string::npos) << found;
  }
}

}  // namespace
}  // namespace gatefold::test
