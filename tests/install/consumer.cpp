#include <array>
#include <cstdio>
#include <memory>

#include "backend/executable.h"
#include "frontend/onnx_reader.h"

/// Runs a model that is given as text; succeeds when the numbers are right.
int main() {
  const gatefold::Model model =
      gatefold::parse_model("pick (float[n] x, int64[1] i) => (float[1] y) { y = Gather (x, i) }");
  gatefold::Context context(std::make_shared<gatefold::Executable>(model.graph));
  const std::array<gatefold::Datum, 2> inputs{gatefold::Tensor::of<float>({3}, {1, 2, 3}),
                                              gatefold::Tensor::of<std::int64_t>({1}, {-1})};
  const auto& picked = std::get<gatefold::Tensor>(context.run(inputs)[0]);
  std::printf("%g\n", picked.number_at(0));
  return picked.number_at(0) == 3 ? 0 : 1;
}
