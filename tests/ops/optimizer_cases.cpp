#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> optimizer_cases() {
  const std::map<std::string, Tensor> first_step{{"T", Tensor::scalar<std::int64_t>(0)},
                                                 {"H", Tensor::of<float>({2}, {0.25F, 2})}};
  const std::map<std::string, Tensor> third_step{{"T", Tensor::scalar<std::int64_t>(2)},
                                                 {"H", Tensor::of<float>({2}, {0.25F, 2})}};
  const std::string one = "g (float R, int64 T, float[2] X, float[2] G, float[2] V";
  const std::string momentum = one +
                               ") => (float[2] x, float[2] v) { x, v = "
                               "ai.onnx.preview.training.Momentum ";
  const std::string adam = one +
                           ", float[2] H) => (float[2] x, float[2] v, float[2] h) { x, v, h "
                           "= ai.onnx.preview.training.Adam ";
  const std::string adagrad =
      "g (float R, int64 T, float[2] X, float[2] G, float[2] H) => "
      "(float[2] x, float[2] h) { x, h = ai.onnx.preview.training.Adagrad ";
  return {
      {.name = "MomentumFirstStep",
       .graph = momentum + "<alpha = 0.9, beta = 0.5, mode = \"standard\", norm_coefficient = 0.1> "
                           "(R, T, X, G, V) }",
       .inputs = {{"T", Tensor::scalar<std::int64_t>(0)}}},
      {.name = "MomentumNesterov",
       .graph = momentum + "<alpha = 0.9, beta = 0.5, mode = \"nesterov\", norm_coefficient = 0.1> "
                           "(R, T, X, G, V) }",
       .inputs = {{"T", Tensor::scalar<std::int64_t>(3)}}},
      {.name = "MomentumTwoTensorsOneResult",
       .graph = "g (float R, int64 T, float[3] a, double[2,2] b, float[3] da, double[2,2] db, "
                "float[3] va, double[2,2] vb) => (double[2,2] y) { _, y = "
                "ai.onnx.preview.training.Momentum <alpha = 0.9, beta = 0.5, mode = \"standard\", "
                "norm_coefficient = 0.1> (R, T, a, b, da, db, va, vb) }"},
      {.name = "AdagradDecays",
       .graph = adagrad + "<decay_factor = 0.1, norm_coefficient = 0.1> (R, T, X, G, H) }",
       .inputs = third_step},
      {.name = "AdagradScalar",
       .graph = "g (double[1] R, int64[1] T, double X, double G, double H) => (double x) "
                "{ x = ai.onnx.preview.training.Adagrad (R, T, X, G, H) }",
       .inputs = {{"H", Tensor::scalar<double>(0.5)}}},
      {.name = "AdamFirstStep", .graph = adam + "(R, T, X, G, V, H) }", .inputs = first_step},
      {.name = "AdamRegularized",
       .graph = adam + "<alpha = 0.8, beta = 0.9, epsilon = 0.01, norm_coefficient = 0.1, "
                       "norm_coefficient_post = 0.2> (R, T, X, G, V, H) }",
       .inputs = third_step},
      {.name = "AdamNoElements",
       .graph = "g (float R, int64 T, float[0,2] X) => (float[0,2] x) "
                "{ x = ai.onnx.preview.training.Adam (R, T, X, X, X, X) }"},
  };
}

}  // namespace gatefold::test
