#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

#include "ir/error.h"

namespace gatefold {

/// The bytes of a file. Throws Error.
std::string read_bytes(const std::filesystem::path& path);

/// A serialized message; `kind` ("model", "tensor") stands for it when the bytes are damaged.
template <typename Message>
Message parse_proto(const std::string& content, std::string_view kind) {
  if (content.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    fail(
        "the file has {} bytes but protobuf holds at most 2 GiB; store the weights as external "
        "data",
        content.size());
  }
  google::protobuf::io::CodedInputStream stream(
      reinterpret_cast<const std::uint8_t*>(content.data()), static_cast<int>(content.size()));
  // Each sub-graph nests three messages; protobuf's own limit is 100.
  stream.SetRecursionLimit(1000);
  Message message;
  if (!message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    fail("the file is damaged or is not an ONNX {}", kind);
  }
  return message;
}

/// A model in ONNX text, or a graph alone (then of kInternalOpset); sections of training may
/// follow.
onnx::ModelProto parse_model_text(std::string text);

/// A model file as it is: protobuf, or ONNX text when its name ends in .onnxtxt. Throws Error.
onnx::ModelProto read_model_proto(const std::filesystem::path& path);

}  // namespace gatefold
