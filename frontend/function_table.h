#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace gatefold {

/// "" for ONNX's own domain in either of its spellings, else the domain itself.
std::string canonical_domain(const std::string& domain);

/// Versions of operator sets by domain, as a model or a function imports them.
class OpsetImports {
 public:
  /// Throws Error when a version is negative or not known, or a domain has two.
  explicit OpsetImports(
      const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>& imports);

  /// 0 when the domain is not imported.
  std::int64_t version(const std::string& domain) const;
  void set(const std::string& domain, std::int64_t version);

 private:
  std::map<std::string, std::int64_t> versions_;
};

/// The functions that a model defines.
class FunctionTable {
 public:
  explicit FunctionTable(const onnx::ModelProto& model);

  /// The function that a node calls; nullptr when it is an operator.
  const onnx::FunctionProto* find(const onnx::NodeProto& node) const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // Domain, name, overload.
  std::map<Key, const onnx::FunctionProto*> functions_;
};

/// Throws one Error that lists every operator of the model that Gatefold does not know, with the
/// nodes that use it. Functions count only where they are called.
void check_operators(const onnx::ModelProto& model, const FunctionTable& functions);

}  // namespace gatefold
