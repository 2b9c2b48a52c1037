#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "ir/error.h"

namespace gatefold {

/// A file to be read. Throws Error when it cannot be, or is a folder.
std::ifstream open_file(const std::filesystem::path& path);

/// Reads a message to the end of the stream; false when it is damaged.
template <typename Message>
bool parse_stream(google::protobuf::io::ZeroCopyInputStream& blocks, Message& message) {
  google::protobuf::io::CodedInputStream stream(&blocks);
  // Each sub-graph nests three messages; protobuf's own limit is 100.
  stream.SetRecursionLimit(1000);
  return message.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

/// A file that holds a serialized message, read block by block: large weights are in memory once.
/// `kind` ("model", "tensor") stands for the message when the bytes are damaged. Throws Error.
template <typename Message>
Message read_proto(const std::filesystem::path& path, std::string_view kind) {
  std::ifstream file = open_file(path);
  std::error_code no_size;  // A pipe has none before it has been read.
  const std::uintmax_t size = std::filesystem::file_size(path, no_size);
  if (!no_size && size > static_cast<std::uintmax_t>(std::numeric_limits<int>::max())) {
    fail(
        "the file has {} bytes but protobuf holds at most 2 GiB; store the weights as external "
        "data",
        size);
  }
  google::protobuf::io::IstreamInputStream blocks(&file);
  Message message;
  const bool is_whole = parse_stream(blocks, message);
  if (file.bad()) fail("the file cannot be read");
  if (!is_whole) fail("the file is damaged or is not an ONNX {}", kind);
  return message;
}

/// The same for a message in memory.
template <typename Message>
Message parse_proto(std::string_view bytes, std::string_view kind) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    fail("it has {} bytes but protobuf holds at most 2 GiB", bytes.size());
  }
  google::protobuf::io::ArrayInputStream blocks(bytes.data(), static_cast<int>(bytes.size()));
  Message message;
  if (!parse_stream(blocks, message)) fail("the bytes are damaged or are no ONNX {}", kind);
  return message;
}

/// A model in ONNX text, or a graph alone (then of kInternalOpset); sections of training may
/// follow.
onnx::ModelProto parse_model_text(std::string text);

/// Whether a file of this name holds ONNX text: one that ends in .onnxtxt.
bool is_text_file(const std::filesystem::path& path);

/// A model file as it is, protobuf or ONNX text. Throws Error.
onnx::ModelProto read_model_proto(const std::filesystem::path& path);

}  // namespace gatefold
