#include "frontend/function_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <vector>

#include "frontend/node_order.h"
#include "frontend/operator_sets.h"
#include "frontend/opset_raise.h"
#include "ir/error.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

// Fields that IR version 10 added; protobuf classes of older ONNX keep them as unknown fields.
constexpr int kNodeOverloadField = 8;
constexpr int kFunctionOverloadField = 13;

/// Of a node or function. `number` is the field's, for classes that do not know it.
template <typename Message>
std::string overload_of(const Message& message, int number) {
  if constexpr (requires { message.overload(); }) {
    return message.overload();
  } else {
    const auto& fields = message.unknown_fields();
    for (int i = 0; i < fields.field_count(); ++i) {
      const auto& field = fields.field(i);
      if (field.number() == number && field.type() == field.TYPE_LENGTH_DELIMITED) {
        return field.length_delimited();
      }
    }
    return {};
  }
}

// Which node of its operator it is.
std::string label(const onnx::NodeProto& node) {
  if (!node.name().empty()) return fmt::format("node '{}'", node.name());
  return node.output_size() > 0 ? fmt::format("output '{}'", node.output(0)) : "a nameless node";
}

std::string shown(const std::string& domain) { return domain.empty() ? "ai.onnx" : domain; }

void check_version(const std::string& domain, std::int64_t version) {
  const bool is_known = domain != kOnnxDomain || version <= kNewestOpset;
  if (version >= 0 && is_known) return;
  fail(
      "the model states version {} of the operator set '{}', but versions go from 1{}; export it "
      "with one of these",
      version, shown(domain),
      domain == kOnnxDomain ? fmt::format(" to {}", kNewestOpset) : " upwards");
}

class OperatorCheck {
 public:
  explicit OperatorCheck(const FunctionTable& functions) : functions_(functions) {}

  template <typename Nodes>
  void visit(const Nodes& nodes, const OpsetImports& opsets) {
    for (const auto& node : nodes) visit_node(node, opsets);
  }

  void report() const {
    if (unknown_.empty()) return;
    std::string list;
    for (const auto& [op, users] : unknown_) {
      list += fmt::format("{}{} ({}{})", list.empty() ? "" : ", ", op, fmt::join(users.shown, ", "),
                          users.more > 0 ? fmt::format(" and {} more", users.more) : "");
    }
    fail("{} operator{} not supported: {}", unknown_.size(), unknown_.size() == 1 ? " is" : "s are",
         list);
  }

 private:
  struct Users {
    std::vector<std::string> shown;
    int more = 0;
  };

  void visit_node(const onnx::NodeProto& node, const OpsetImports& opsets) {
    if (is_dead(node)) return;
    for (const auto& attribute : node.attribute()) {
      if (holds_graph(attribute)) visit(attribute.g().node(), opsets);
    }
    if (const auto* function = functions_.find(node)) {
      if (visited_.insert(function).second) {
        visit(function->node(), OpsetImports(function->opset_import()));
      }
      return;
    }
    const std::string domain = canonical_domain(node.domain());
    if (domain == kOnnxDomain && node.op_type() == "Constant") return;
    if (find_op(domain, node.op_type()) != nullptr) return;
    if (is_raised_away(domain, node.op_type())) return;
    const std::string op = domain.empty() ? node.op_type() : domain + "." + node.op_type();
    constexpr std::size_t kMostShown = 3;
    Users& users = unknown_[op];
    if (users.shown.size() == kMostShown) {
      ++users.more;
    } else {
      users.shown.push_back(label(node));
    }
  }

  const FunctionTable& functions_;
  std::set<const onnx::FunctionProto*> visited_;
  std::map<std::string, Users> unknown_;
};

}  // namespace

std::string canonical_domain(const std::string& domain) {
  return domain == "ai.onnx" ? std::string(kOnnxDomain) : domain;
}

OpsetImports::OpsetImports(
    const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>& imports) {
  for (const auto& import : imports) {
    const std::string domain = canonical_domain(import.domain());
    const std::int64_t before = version(domain);
    check_version(domain, import.version());
    if (before != 0 && before != import.version()) {
      fail("the model states two versions of the operator set '{}', {} and {}", shown(domain),
           before, import.version());
    }
    set(domain, import.version());
  }
}

std::int64_t OpsetImports::version(const std::string& domain) const {
  const auto found = versions_.find(domain);
  return found == versions_.end() ? 0 : found->second;
}

void OpsetImports::set(const std::string& domain, std::int64_t version) {
  versions_[domain] = version;
}

FunctionTable::FunctionTable(const onnx::ModelProto& model) {
  for (const auto& function : model.functions()) {
    functions_[{canonical_domain(function.domain()), function.name(),
                overload_of(function, kFunctionOverloadField)}] = &function;
  }
}

const onnx::FunctionProto* FunctionTable::find(const onnx::NodeProto& node) const {
  if (functions_.empty()) return nullptr;
  const auto found = functions_.find(
      {canonical_domain(node.domain()), node.op_type(), overload_of(node, kNodeOverloadField)});
  return found == functions_.end() ? nullptr : found->second;
}

void check_operators(const onnx::ModelProto& model, const FunctionTable& functions) {
  OperatorCheck check(functions);
  const OpsetImports opsets(model.opset_import());
  check.visit(model.graph().node(), opsets);
  for (const auto& stage : model.training_info()) {
    check.visit(stage.initialization().node(), opsets);
    check.visit(stage.algorithm().node(), opsets);
  }
  check.report();
}

}  // namespace gatefold
