#include "backend/simd/gradient_cell_loops.h"

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/gradient_cell_loops.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/panel_product-inl.h"
#include "backend/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

/// A few units of one row, D::Lanes of them from `unit` on.
template <class D, bool kStandard>
class Units {
 public:
  using V = hn::Vec<D>;

  Units(const GradientStep& step, const SequenceStep& row, std::int64_t unit)
      : step_(step), row_(row), unit_(unit) {}

  const SequenceStep& row() const { return row_; }
  V load(const float* numbers, int block = 0) const {
    return hn::LoadU(D(), numbers + block * step_.H + unit_);
  }
  void store(V numbers, float* target, int block = 0) const {
    hn::StoreU(numbers, D(), target + block * step_.H + unit_);
  }
  V value(int block) const { return load(row_.values, block); }
  V one() const { return hn::Set(D(), 1.0F); }

  /// The derivative of an activation whose standard is the sigmoid, at the sum of a block.
  V slope_of_sigmoid(int block, V value) const {
    return kStandard ? hn::NegMulAdd(value, value, value) : load(row_.slopes, block);
  }
  /// The same with the hyperbolic tangent as the standard.
  V slope_of_tanh(int block, V value) const {
    return kStandard ? hn::NegMulAdd(value, value, one()) : load(row_.slopes, block);
  }
  /// The gradient by the state after the step.
  V dh() const {
    const V dh = load(row_.dh);
    return row_.dY == nullptr ? dh : hn::Add(dh, load(row_.dY));
  }
  /// numbers + factor * P[number]
  V add_peephole(V numbers, V factor, int number) const {
    return step_.P == nullptr ? numbers : hn::MulAdd(factor, load(step_.P, number), numbers);
  }

 private:
  const GradientStep& step_;
  const SequenceStep& row_;
  std::int64_t unit_;
};

struct LstmPart {
  template <class D, bool kStandard>
  HWY_INLINE static void run(const GradientStep& step, const Units<D, kStandard>& at) {
    const SequenceStep& row = at.row();
    const auto i = at.value(0), o = at.value(1), f = at.value(2), c = at.value(3);
    const auto new_C = at.value(4);
    const auto last_C = at.load(row.last_c);
    const auto h = kStandard ? tanh(D(), new_C) : at.value(5);
    const auto dh = at.dh();
    const auto d_o = hn::Mul(hn::Mul(dh, h), at.slope_of_sigmoid(1, o));
    auto d_C = hn::MulAdd(hn::Mul(dh, o), at.slope_of_tanh(5, h), at.load(row.dc));
    d_C = at.add_peephole(d_C, d_o, 1);
    const auto by_i = !kStandard && step.input_forget ? hn::Sub(c, last_C) : c;
    const auto d_i = hn::Mul(hn::Mul(d_C, by_i), at.slope_of_sigmoid(0, i));
    const auto d_f = hn::Mul(hn::Mul(d_C, last_C), at.slope_of_sigmoid(2, f));
    const auto d_c = hn::Mul(hn::Mul(d_C, i), at.slope_of_tanh(3, c));
    at.store(at.add_peephole(at.add_peephole(hn::Mul(d_C, f), d_i, 0), d_f, 2), row.dc);
    at.store(hn::Zero(D()), row.dh);
    at.store(d_i, row.gradients, 0);
    at.store(d_o, row.gradients, 1);
    at.store(d_f, row.gradients, 2);
    at.store(d_c, row.gradients, 3);
  }
};

struct GruHiddenPart {
  template <class D, bool kStandard>
  HWY_INLINE static void run(const GradientStep&, const Units<D, kStandard>& at) {
    const SequenceStep& row = at.row();
    const auto z = at.value(0), c = at.value(2);
    const auto dh = at.dh();
    const auto d_z =
        hn::Mul(hn::Mul(dh, hn::Sub(at.load(row.last_h), c)), at.slope_of_sigmoid(0, z));
    const auto d_c = hn::Mul(hn::NegMulAdd(dh, z, dh), at.slope_of_tanh(2, c));
    at.store(d_z, row.gradients, 0);
    at.store(d_c, row.gradients, 2);
    at.store(hn::Mul(dh, z), row.dh);
  }
};

struct GruResetPart {
  template <class D, bool kStandard>
  HWY_INLINE static void run(const GradientStep&, const Units<D, kStandard>& at) {
    const SequenceStep& row = at.row();
    const auto r = at.value(1);
    const auto d_reset = at.load(row.d_reset);
    const auto d_r = hn::Mul(hn::Mul(d_reset, at.load(row.last_h)), at.slope_of_sigmoid(1, r));
    at.store(d_r, row.gradients, 1);
    at.store(hn::MulAdd(d_reset, r, at.load(row.dh)), row.dh);
  }
};

struct GruLinearFirstPart {
  template <class D, bool kStandard>
  HWY_INLINE static void run(const GradientStep& step, const Units<D, kStandard>& at) {
    GruHiddenPart::run(step, at);
    const SequenceStep& row = at.row();
    const auto r = at.value(1);
    const auto d_c = at.load(row.gradients, 2);
    const auto d_r = hn::Mul(hn::Mul(d_c, at.value(3)), at.slope_of_sigmoid(1, r));
    at.store(d_r, row.gradients, 1);
    at.store(hn::Mul(d_c, r), row.gradients, 3);
  }
};

struct RnnPart {
  template <class D, bool kStandard>
  HWY_INLINE static void run(const GradientStep&, const Units<D, kStandard>& at) {
    const SequenceStep& row = at.row();
    at.store(hn::Mul(at.dh(), at.slope_of_tanh(0, at.value(0))), row.gradients);
    at.store(hn::Zero(D()), row.dh);
  }
};

template <class Part, bool kStandard>
void run_row(const GradientStep& step, const SequenceStep& row) {
  using One = hn::CappedTag<float, 1>;
  std::int64_t unit = 0;
  for (; unit + lane_count() <= step.H; unit += lane_count()) {
    Part::run(step, Units<FloatTag, kStandard>(step, row, unit));
  }
  for (; unit < step.H; ++unit) Part::run(step, Units<One, kStandard>(step, row, unit));
}

template <class Part>
void run_rows_of(const GradientStep& step) {
  for (std::int64_t r = 0; r < step.row_count; ++r) {
    const SequenceStep& row = step.rows[r];
    if (row.slopes == nullptr) {
      run_row<Part, true>(step, row);
    } else {
      run_row<Part, false>(step, row);
    }
  }
}

/// In the order of GradientPart.
constexpr void (*kParts[])(const GradientStep& step) = {
    run_rows_of<LstmPart>,      run_rows_of<GruLinearFirstPart>,
    run_rows_of<GruHiddenPart>, run_rows_of<GruResetPart>,
    run_rows_of<RnnPart>,
};

void run_part(int part, const GradientStep& step) { kParts[part](step); }

struct ProductPass {
  static constexpr int kGates = 1;
  const PanelProduct& product;

  const float* row(std::int64_t row) const { return product.X + row * product.X_stride; }
  const float* weights() const { return product.M; }
  std::int64_t depth() const { return product.depth; }
  HWY_INLINE float* target(std::int64_t panel, std::int64_t row) const {
    return product.target + row * product.target_stride + panel * units<kGates>();
  }
  HWY_INLINE void start(std::int64_t panel, std::int64_t row, Sums<kGates>& sums) const {
    for (int v = 0; v < kVectors<kGates>; ++v) {
      sums[v] = hn::LoadU(kTag, target(panel, row) + v * lane_count());
    }
  }
  HWY_INLINE void finish(std::int64_t panel, std::int64_t row, const Sums<kGates>& sums) const {
    for (int v = 0; v < kVectors<kGates>; ++v) {
      hn::StoreU(sums[v], kTag, target(panel, row) + v * lane_count());
    }
  }
};

void run_product(const PanelProduct& product, Range panels) {
  run_panels(ProductPass{product}, product.rows, panels);
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(run_part);
HWY_EXPORT(run_product);

void run_gradient_part(GradientPart part, const GradientStep& step) {
  HWY_DYNAMIC_DISPATCH(run_part)(static_cast<int>(part), step);
}

void add_product(const PanelProduct& product, Range panels) {
  HWY_DYNAMIC_DISPATCH(run_product)(product, panels);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
