#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer_optional(InferContext& context) {
  if (context.has_input(0)) return context.set_output(0, Type::optional_of(context.input(0)));
  const AttrValue* text = context.node().find_attr("type");
  if (text == nullptr) context.fail("it has neither an input nor an attribute 'type'; give one");
  const auto type = type_from_text(std::get<std::string>(*text));
  if (!type) {
    context.fail("attribute 'type' is '{}', which is no type", std::get<std::string>(*text));
  }
  context.set_output(0, Type::optional_of(*type));
}

// The memory of a tensor input belongs to the caller, who uses it again: it is copied.
void evaluate_pass_on(EvaluateContext& context) {
  const auto* tensor = std::get_if<Tensor>(&context.datum(0));
  context.set_output(0, tensor == nullptr ? context.datum(0) : Datum(tensor->clone()));
}

void evaluate_optional(EvaluateContext& context) {
  if (context.has_input(0)) return evaluate_pass_on(context);
  context.set_output(0, std::monostate());
}

void infer_get_element(InferContext& context) {
  const Type& type = context.input(0);
  context.set_output(0, type.kind == Type::Kind::kOptional ? *type.element : type);
}

void evaluate_get_element(EvaluateContext& context) {
  if (std::holds_alternative<std::monostate>(context.datum(0))) {
    context.fail("the optional is empty; ask OptionalHasElement before taking its element");
  }
  evaluate_pass_on(context);
}

void infer_has_element(InferContext& context) { context.set_output(0, {DataType::kBool, Shape()}); }

void evaluate_has_element(EvaluateContext& context) {
  context.output(0, DataType::kBool, {}).data<bool>()[0] =
      context.has_input(0) && !std::holds_alternative<std::monostate>(context.datum(0));
}

}  // namespace

std::vector<OpDef> optional() {
  return {
      {
          .name = "Optional",
          .doc = "An optional that holds the input, or an empty one of the type that the attribute "
                 "states.\nSource: ONNX Optional-15",
          .since = 15,
          .inputs = {{.name = "input", .arity = Port::Arity::kOptional, .holds_any = true}},
          .outputs = {{.name = "output", .holds_any = true}},
          .attrs = {{"type", AttrDef::Kind::kString}},
          .infer = infer_optional,
          .evaluate = evaluate_optional,
          .widen_half = false,
      },
      {
          .name = "OptionalGetElement",
          .doc = "What an optional holds; other values pass through.\n"
                 "Source: ONNX OptionalGetElement-18",
          .since = 18,
          .inputs = {{.name = "input", .holds_any = true}},
          .outputs = {{.name = "output", .holds_any = true}},
          .infer = infer_get_element,
          .evaluate = evaluate_get_element,
          .widen_half = false,
      },
      {
          .name = "OptionalHasElement",
          .doc = "Whether there is an input, and whether, if it is an optional, it holds "
                 "something.\n"
                 "Source: ONNX OptionalHasElement-18",
          .since = 18,
          .inputs = {{.name = "input", .arity = Port::Arity::kOptional, .holds_any = true}},
          .outputs = {{"output", {}, kBoolType}},
          .infer = infer_has_element,
          .evaluate = evaluate_has_element,
          .widen_half = false,
      },
  };
}

}  // namespace gatefold::ops
