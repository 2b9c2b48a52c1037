#include "backend/simd/cell_loops.h"

#include <algorithm>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/cell_loops.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/panel_product-inl.h"
#include "backend/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

// The activations beside tanh and sigmoid.

Vector relu(Vector x, float, float) { return at_least(x, hn::Zero(kTag)); }
Vector tanh_of(Vector x, float, float) { return tanh(kTag, x); }
Vector sigmoid_of(Vector x, float, float) { return sigmoid(kTag, x); }
Vector affine(Vector x, float alpha, float beta) {
  return hn::MulAdd(hn::Set(kTag, alpha), x, hn::Set(kTag, beta));
}
Vector leaky_relu(Vector x, float alpha, float) {
  return hn::IfThenElse(hn::Ge(x, hn::Zero(kTag)), x, hn::Mul(hn::Set(kTag, alpha), x));
}
Vector thresholded_relu(Vector x, float alpha, float) {
  return hn::IfThenElseZero(hn::Ge(x, hn::Set(kTag, alpha)), x);
}
Vector scaled_tanh(Vector x, float alpha, float beta) {
  return hn::Mul(hn::Set(kTag, alpha), tanh(kTag, hn::Mul(hn::Set(kTag, beta), x)));
}
Vector hard_sigmoid(Vector x, float alpha, float beta) {
  return at_most(at_least(affine(x, alpha, beta), hn::Zero(kTag)), hn::Set(kTag, 1.0F));
}
Vector elu(Vector x, float alpha, float) {
  return hn::IfThenElse(hn::Ge(x, hn::Zero(kTag)), x,
                        hn::Mul(hn::Set(kTag, alpha), expm1(kTag, x)));
}
Vector softsign(Vector x, float, float) {
  return hn::Div(x, hn::Add(hn::Set(kTag, 1.0F), hn::Abs(x)));
}
Vector softplus(Vector x, float, float) {
  return hn::Add(at_least(x, hn::Zero(kTag)), log1p(kTag, exp(kTag, hn::Neg(hn::Abs(x)))));
}

/// In the order of ActivationKind.
constexpr Vector (*kActivations[])(Vector x, float alpha, float beta) = {
    relu,        tanh_of,      sigmoid_of, affine,   leaky_relu, thresholded_relu,
    scaled_tanh, hard_sigmoid, elu,        softsign, softplus,
};

HWY_INLINE Vector general_activation(const RecurrentStep& step, int number, Vector x) {
  const Vector bound = hn::Set(kTag, step.clip);
  x = at_least(at_most(x, bound), hn::Neg(bound));
  const Activation& activation = step.activations[number];
  return kActivations[static_cast<int>(activation.kind())](x, activation.alpha, activation.beta);
}

/// Activation f: the sigmoid, unless the node says otherwise.
template <bool kStandard>
HWY_INLINE Vector activate_f(const RecurrentStep& step, Vector x) {
  return kStandard ? sigmoid(kTag, x) : general_activation(step, 0, x);
}
/// Activation `number` with the hyperbolic tangent as its standard.
template <bool kStandard>
HWY_INLINE Vector activate_tanh(const RecurrentStep& step, int number, Vector x) {
  return kStandard ? tanh(kTag, x) : general_activation(step, number, x);
}

/// (1 - z) h + z last. The standard activation bounds h, which saves a step.
template <bool kStandard>
HWY_INLINE Vector mixed(Vector z, Vector h, Vector last) {
  if constexpr (kStandard) return hn::MulAdd(z, hn::Sub(last, h), h);
  return hn::MulAdd(z, last, hn::Mul(hn::Sub(hn::Set(kTag, 1.0F), z), h));
}

/// Stores a few units, from `unit` on, into a row of H numbers.
HWY_INLINE void store_units(const RecurrentStep& step, std::int64_t unit, Vector numbers,
                            float* row) {
  if (unit >= step.H) return;
  if (unit + lane_count() <= step.H) return hn::StoreU(numbers, kTag, row + unit);
  HWY_ALIGN float lanes[hn::MaxLanes(kTag)];
  hn::Store(numbers, kTag, lanes);
  std::copy_n(lanes, step.H - unit, row + unit);
}

/// Stores the new h of a few units into the state and into Y.
HWY_INLINE void store_h(const RecurrentStep& step, std::int64_t row, std::int64_t unit, Vector h) {
  hn::StoreU(h, kTag, step.h + row * step.state_stride + unit);
  if (step.Y == nullptr) return;
  store_units(step, unit, h, step.Y + step.Y_starts[row] + step.Y_step);
}

/// Keeps a few units of a block for the backward step, if there will be one.
HWY_INLINE void record(const RecurrentStep& step, int block, std::int64_t row, std::int64_t unit,
                       Vector numbers) {
  if (step.workspace == nullptr) return;
  store_units(step, unit, numbers,
              step.workspace + step.workspace_starts[row] + step.workspace_step + block * step.H);
}

// Each pass below says what the rows of a panel product are, what their sums start from, and what
// becomes of them.

template <int kGateCount>
struct ProjectionPass {
  static constexpr int kGates = kGateCount;
  const InputProjection& projection;

  const float* row(std::int64_t row) const { return projection.X[row]; }
  const float* weights() const { return projection.W; }
  std::int64_t depth() const { return projection.I; }
  HWY_INLINE void start(std::int64_t panel, std::int64_t, Sums<kGates>& sums) const {
    const float* bias = projection.bias + panel * kVectors<kGates> * lane_count();
    for (int v = 0; v < kVectors<kGates>; ++v) {
      sums[v] = hn::LoadU(kTag, bias + v * lane_count());
    }
  }
  HWY_INLINE void finish(std::int64_t panel, std::int64_t row, const Sums<kGates>& sums) const {
    float* target =
        projection.sums + (panel * projection.row_capacity + row) * kVectors<kGates> * lane_count();
    for (int v = 0; v < kVectors<kGates>; ++v) {
      hn::StoreU(sums[v], kTag, target + v * lane_count());
    }
  }
};

/// What the passes over the state share.
template <int kGateCount>
struct StatePass {
  static constexpr int kGates = kGateCount;
  const RecurrentStep& step;

  const float* row(std::int64_t row) const { return step.last_h + row * step.state_stride; }
  const float* weights() const { return step.R; }
  std::int64_t depth() const { return step.from_state == nullptr ? step.H : 0; }
  HWY_INLINE std::int64_t sums_place(std::int64_t panel, std::int64_t row) const {
    return panel * step.panel_stride + row * step.row_stride;
  }
  HWY_INLINE void start(std::int64_t panel, std::int64_t row, Sums<kGates>& sums) const {
    const float* source = step.from_input + sums_place(panel, row);
    for (int v = 0; v < kVectors<kGates>; ++v) {
      sums[v] = hn::LoadU(kTag, source + v * lane_count());
    }
    if (step.from_state == nullptr) return;
    const float* products = step.from_state + sums_place(panel, row);
    for (int v = 0; v < kVectors<kGates>; ++v) {
      sums[v] = hn::Add(sums[v], hn::LoadU(kTag, products + v * lane_count()));
    }
  }
};

template <bool kStandard>
struct LstmPass : StatePass<4> {
  HWY_INLINE void finish(std::int64_t panel, std::int64_t row, Sums<4>& sums) const {
    const std::int64_t unit = panel * units<4>();
    float* cell = step.c + row * step.state_stride + unit;
    const Vector last_c = hn::LoadU(kTag, cell);
    auto& [i_sum, o_sum, f_sum, c_sum] = sums;
    add_peephole(0, unit, last_c, i_sum);
    add_peephole(2, unit, last_c, f_sum);
    const Vector i = activate_f<kStandard>(step, i_sum);
    const Vector f = !kStandard && step.input_forget ? hn::Sub(hn::Set(kTag, 1.0F), i)
                                                     : activate_f<kStandard>(step, f_sum);
    const Vector new_c = activate_tanh<kStandard>(step, 1, c_sum);
    const Vector c = hn::MulAdd(f, last_c, hn::Mul(i, new_c));
    hn::StoreU(c, kTag, cell);
    add_peephole(1, unit, c, o_sum);
    const Vector o = activate_f<kStandard>(step, o_sum);
    store_h(step, row, unit, hn::Mul(o, activate_tanh<kStandard>(step, 2, c)));
    record(step, 0, row, unit, kStandard ? i : i_sum);
    record(step, 1, row, unit, kStandard ? o : o_sum);
    record(step, 2, row, unit, kStandard ? f : f_sum);
    record(step, 3, row, unit, kStandard ? new_c : c_sum);
    record(step, 4, row, unit, c);
  }

 private:
  HWY_INLINE void add_peephole(int number, std::int64_t unit, Vector c, Vector& sum) const {
    if (step.P == nullptr) return;
    sum = hn::MulAdd(hn::LoadU(kTag, step.P + number * step.state_stride + unit), c, sum);
  }
};

template <bool kStandard>
struct GruLinearFirstPass : StatePass<3> {
  HWY_INLINE void start(std::int64_t panel, std::int64_t row, Sums<3>& sums) const {
    StatePass<3>::start(panel, row, sums);
    sums[2] = hn::LoadU(kTag, step.R_bias + (panel * kVectors<3> + 2) * lane_count());
    if (step.from_state == nullptr) return;
    const float* products = step.from_state + sums_place(panel, row);
    sums[2] = hn::Add(sums[2], hn::LoadU(kTag, products + 2 * lane_count()));
  }
  HWY_INLINE void finish(std::int64_t panel, std::int64_t row, Sums<3>& sums) const {
    const std::int64_t unit = panel * units<3>();
    const Vector z = activate_f<kStandard>(step, sums[0]);
    const Vector r = activate_f<kStandard>(step, sums[1]);
    const Vector input =
        hn::LoadU(kTag, step.from_input + sums_place(panel, row) + 2 * lane_count());
    const Vector h_sum = hn::MulAdd(r, sums[2], input);
    const Vector h = activate_tanh<kStandard>(step, 1, h_sum);
    const Vector last = hn::LoadU(kTag, step.last_h + row * step.state_stride + unit);
    store_h(step, row, unit, mixed<kStandard>(z, h, last));
    record(step, 0, row, unit, kStandard ? z : sums[0]);
    record(step, 1, row, unit, kStandard ? r : sums[1]);
    record(step, 2, row, unit, kStandard ? h : h_sum);
    record(step, 3, row, unit, sums[2]);
  }
};

template <bool kStandard>
struct GruGatesPass : StatePass<2> {
  HWY_INLINE void finish(std::int64_t panel, std::int64_t row, Sums<2>& sums) const {
    for (int s = 0; s < kSubPanels<2>; ++s) {
      const std::int64_t unit = panel * units<2>() + s * lane_count();
      const std::int64_t place = row * step.state_stride + unit;
      const Vector z_sum = sums[s];
      const Vector r_sum = sums[kSubPanels<2> + s];
      const Vector z = activate_f<kStandard>(step, z_sum);
      const Vector r = activate_f<kStandard>(step, r_sum);
      const Vector reset_h = hn::Mul(r, hn::LoadU(kTag, step.last_h + place));
      hn::StoreU(z, kTag, step.z + place);
      hn::StoreU(reset_h, kTag, step.reset_h + place);
      record(step, 0, row, unit, kStandard ? z : z_sum);
      record(step, 1, row, unit, kStandard ? r : r_sum);
      record(step, 3, row, unit, reset_h);
    }
  }
};

template <bool kStandard>
struct GruHiddenPass : StatePass<1> {
  const float* row(std::int64_t row) const { return step.reset_h + row * step.state_stride; }
  HWY_INLINE void finish(std::int64_t panel, std::int64_t row, Sums<1>& sums) const {
    for (int s = 0; s < kSubPanels<1>; ++s) {
      const std::int64_t unit = panel * units<1>() + s * lane_count();
      const std::int64_t place = row * step.state_stride + unit;
      const Vector h = activate_tanh<kStandard>(step, 1, sums[s]);
      const Vector z = hn::LoadU(kTag, step.z + place);
      const Vector last = hn::LoadU(kTag, step.last_h + place);
      store_h(step, row, unit, mixed<kStandard>(z, h, last));
      record(step, 2, row, unit, kStandard ? h : sums[s]);
    }
  }
};

template <bool kStandard>
struct RnnPass : StatePass<1> {
  HWY_INLINE void finish(std::int64_t panel, std::int64_t row, Sums<1>& sums) const {
    for (int s = 0; s < kSubPanels<1>; ++s) {
      const std::int64_t unit = panel * units<1>() + s * lane_count();
      const Vector h = activate_tanh<kStandard>(step, 0, sums[s]);
      store_h(step, row, unit, h);
      record(step, 0, row, unit, kStandard ? h : sums[s]);
    }
  }
};

template <template <bool> class Pass>
void run_state_pass(const RecurrentStep& step, Range panels) {
  if (step.is_standard) {
    run_panels(Pass<true>{{step}}, step.rows, panels, step.from_behind);
  } else {
    run_panels(Pass<false>{{step}}, step.rows, panels, step.from_behind);
  }
}

template <int kGates>
void project(const InputProjection& projection, Range panels) {
  run_panels(ProjectionPass<kGates>{projection}, projection.rows, panels);
}

/// What there is for each GateGroup, in its order.
struct GroupFunctions {
  void (*project)(const InputProjection& projection, Range panels);
  void (*step)(const RecurrentStep& step, Range panels);
};
constexpr GroupFunctions kGroups[] = {
    {project<4>, run_state_pass<LstmPass>},     {project<3>, run_state_pass<GruLinearFirstPass>},
    {project<2>, run_state_pass<GruGatesPass>}, {project<1>, run_state_pass<GruHiddenPass>},
    {project<1>, run_state_pass<RnnPass>},
};

void project_group(int group, const InputProjection& projection, Range panels) {
  kGroups[group].project(projection, panels);
}
void step_group(int group, const RecurrentStep& step, Range panels) {
  kGroups[group].step(step, panels);
}
std::int64_t vector_lanes() { return lane_count(); }

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(project_group);
HWY_EXPORT(step_group);
HWY_EXPORT(vector_lanes);

std::string_view gates_of(GateGroup group) {
  constexpr std::string_view kGates[] = {"iofc", "zrh", "zr", "h", "i"};
  return kGates[static_cast<int>(group)];
}

std::int64_t panel_units(GateGroup group) {
  const auto gates = static_cast<std::int64_t>(gates_of(group).size());
  return HWY_DYNAMIC_DISPATCH(vector_lanes)() * (4 / gates);
}

void project_input(GateGroup group, const InputProjection& projection, Range panels) {
  HWY_DYNAMIC_DISPATCH(project_group)(static_cast<int>(group), projection, panels);
}

void run_step(GateGroup group, const RecurrentStep& step, Range panels) {
  HWY_DYNAMIC_DISPATCH(step_group)(static_cast<int>(group), step, panels);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
