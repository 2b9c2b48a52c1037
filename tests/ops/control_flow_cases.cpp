#include "tests/ops/op_case.h"

namespace gatefold::test {
namespace {

constexpr const char* kIf = R"(
  g (bool c, float[2,3] x, float[3] w) => (float[2,3] y, float z) {
    y, z = If (c) <
      then_branch = t () => (float[2,3] a, float b) {
        a = Mul (x, w)
        b = ReduceSum <keepdims = 0> (w)
      },
      else_branch = e () => (float[2,3] p, float q) {
        p = Tanh (x)
        s = Mul (p, x)
        q = ReduceSum <keepdims = 0> (s)
      }>
  })";

constexpr const char* kLoop = R"(
  g (int64 trips, float[2,3] x, float[3,3] w) => (float[2,3] v, float[t,2,3] s) {
    v, s = Loop (trips, , x) <
      body = body (int64 i, bool c, float[2,3] h) => (bool d, float[2,3] n, float[2,3] slice) {
        d = Identity (c)
        m = MatMul (h, w)
        n = Tanh (m)
        f = CastLike (i, h)
        slice = Mul (n, f)
      }>
  })";

constexpr const char* kScan = R"(
  g (float[3] h0, float[3,4] x, float[4,3] z) => (float[3] h, float[3,4] y, float[4,3] v) {
    h, y, v = Scan (h0, x, z) <
      num_scan_inputs = 2, scan_input_axes = [1, 0], scan_input_directions = [1, 0],
      scan_output_axes = [-1, 0], scan_output_directions = [0, 1],
      body = body (float[3] hp, float[3] xt, float[3] zt)
          => (float[3] hn, float[3] yt, float[3] vt) {
        p = Mul (hp, xt)
        hn = Add (p, zt)
        yt = Sin (hn)
        vt = Mul (xt, zt)
      }>
  })";

constexpr const char* kScanOfEmptyRows = R"(
  g (float[0] h0, float[0,4] x) => (float[0] h, float[0,4] y) {
    h, y = Scan (h0, x) <
      num_scan_inputs = 1, scan_input_axes = [1], scan_output_axes = [1],
      body = body (float[0] hp, float[0] xt) => (float[0] hn, float[0] yt) {
        hn = Add (hp, xt)
        yt = Sin (hn)
      }>
  })";

}  // namespace

std::vector<OpCase> control_flow_cases() {
  const auto trips = [](std::int64_t count) { return Tensor::scalar(count); };
  return {
      {.name = "ScanOfEmptyRows", .graph = kScanOfEmptyRows},
      {.name = "IfThen", .graph = kIf, .inputs = {{"c", Tensor::scalar(true)}}},
      {.name = "IfElse", .graph = kIf, .inputs = {{"c", Tensor::scalar(false)}}},
      {.name = "LoopFourTimes", .graph = kLoop, .inputs = {{"trips", trips(4)}}},
      {.name = "LoopOnce", .graph = kLoop, .inputs = {{"trips", trips(1)}}},
      {.name = "LoopNever", .graph = kLoop, .inputs = {{"trips", trips(0)}}},
      {.name = "ScanAxesAndDirections", .graph = kScan},
  };
}

}  // namespace gatefold::test
