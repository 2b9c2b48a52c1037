#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {

std::vector<OpDef> identity() {
  return {{
      .name = "Identity",
      .doc = "Formula: output = input, a tensor, a sequence or an optional\n"
             "Source: ONNX Identity-16",
      .since = 1,
      .inputs = {{.name = "input", .type_variable = "V", .allowed = kAllTypes, .holds_any = true}},
      .outputs =
          {{.name = "output", .type_variable = "V", .allowed = kAllTypes, .holds_any = true}},
      .infer = infer_same_as_input,
      .evaluate = [](EvaluateContext& context) { context.set_output(0, context.datum(0)); },
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
