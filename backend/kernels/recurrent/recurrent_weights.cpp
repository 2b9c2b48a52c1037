#include "backend/kernels/recurrent/recurrent_weights.h"

#include <fmt/format.h>

#include <algorithm>

#include "backend/simd/bfloat16.h"
#include "backend/simd/int8.h"

namespace gatefold::native {
namespace {

std::int64_t round_up(std::int64_t size, std::int64_t step) {
  return (size + step - 1) / step * step;
}

using Form = RecurrentWeights::Form;

bool is_matrix(Form form) {
  return form == Form::kPanels || form == Form::kBfloat16Panels || form == Form::kInt8Panels;
}

std::int64_t floats_of_row(Form form, std::int64_t K) {
  if (form == Form::kBfloat16Panels) return padded_depth(K) / 2;
  return form == Form::kInt8Panels ? padded_int8_depth(K) / 4 : K;
}

std::int64_t gate_number(const RecurrentAttrs& attrs, char gate) {
  return static_cast<std::int64_t>(attrs.kind->gates.find(gate));
}

}  // namespace

std::vector<GateGroup> gate_groups(const RecurrentAttrs& attrs) {
  if (attrs.kind == &kLstm) return {GateGroup::kLstm};
  if (attrs.kind == &kRnn) return {GateGroup::kRnn};
  if (attrs.linear_before_reset) return {GateGroup::kGruLinearFirst};
  return {GateGroup::kGruGates, GateGroup::kGruHidden};
}

std::int64_t padded_hidden_size(const RecurrentAttrs& attrs, std::int64_t H) {
  std::int64_t padded = H;
  for (const GateGroup group : gate_groups(attrs)) {
    padded = std::max(padded, round_up(H, panel_units(group)));
  }
  return padded;
}

Form RecurrentWeights::matrix_form(ProductPrecision precision) {
  if (precision == ProductPrecision::kInt8) return Form::kInt8Panels;
  return precision == ProductPrecision::kBfloat16 ? Form::kBfloat16Panels : Form::kPanels;
}

RecurrentWeights::RecurrentWeights(const KernelRequest& request, const RecurrentAttrs& attrs,
                                   const RecurrentExtents& extents, std::size_t input, Form form)
    : attrs_(attrs),
      form_(form),
      D_(extents.D),
      H_(extents.H),
      K_(is_matrix(form) ? request.input_dims(input)[2] : 1),
      row_floats_(floats_of_row(form, K_)),
      groups_(gate_groups(attrs)) {
  for (const GateGroup group : groups_) {
    group_offsets_.push_back(size_);
    size_ += columns_of(group) * row_floats_;
    if (form == Form::kInt8Panels) size_ += 2 * columns_of(group);
  }
  if (form == Form::kPeepholes) size_ = 3 * padded_hidden_size(attrs, H_);
  size_ *= D_;
  if (!request.has_input(input)) {
    constant_ = Tensor(DataType::kFloat32, {size_});
  } else if (const Tensor* source = request.constant(input)) {
    std::string layout = fmt::format("recurrent {} {} {} {}", static_cast<int>(form), D_, H_, K_);
    for (const GateGroup group : groups_) {
      layout += fmt::format(" {}:{}", static_cast<int>(group), panel_units(group));
    }
    constant_ = request.packed.get(*source, layout, [&] {
      Tensor packed(DataType::kFloat32, {size_});
      pack(source->data<float>(), packed.data<float>());
      return packed;
    });
  }
}

/// Rows of W or R in a group, with those that fill it up.
std::int64_t RecurrentWeights::columns_of(GateGroup group) const {
  const auto gates = static_cast<std::int64_t>(gates_of(group).size());
  return gates * round_up(H_, panel_units(group));
}

ReducedPanels RecurrentWeights::panels_of(std::int64_t direction, std::size_t group) const {
  const float* panels = of(direction, group);
  const std::int64_t columns = columns_of(groups_[group]);
  const float* scales = panels + columns * row_floats_;
  return {reinterpret_cast<const std::byte*>(panels), scales, scales + columns};
}

void RecurrentWeights::prepare(const float* input, float* scratch) {
  if (constant_.is_defined()) {
    packed_ = constant_.data<float>();
    return;
  }
  pack(input, scratch);
  packed_ = scratch;
}

void RecurrentWeights::pack(const float* input, float* packed) const {
  const std::int64_t gates = attrs_.kind->gate_count();
  for (std::int64_t d = 0; d < D_; ++d, packed += size_ / D_) {
    if (form_ == Form::kPeepholes) {
      const std::int64_t padded = size_ / D_ / 3;
      for (std::int64_t row = 0; row < 3; ++row, input += H_) {
        std::fill_n(std::copy_n(input, H_, packed + row * padded), padded - H_, 0.0F);
      }
      continue;
    }
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      float* target = packed + group_offsets_[g];
      if (form_ == Form::kPanels) {
        pack_panels(groups_[g], input + d * gates * H_ * K_, target);
      } else if (form_ == Form::kBfloat16Panels) {
        pack_bfloat16(groups_[g], input + d * gates * H_ * K_, reinterpret_cast<BFloat16*>(target));
      } else if (form_ == Form::kInt8Panels) {
        pack_int8(groups_[g], input + d * gates * H_ * K_, target);
      } else {
        pack_bias(groups_[g], input + d * 2 * gates * H_, target);
      }
    }
  }
}

void RecurrentWeights::pack_panels(GateGroup group, const float* matrix, float* packed) const {
  const std::int64_t units = panel_units(group);
  const std::string_view gates = gates_of(group);
  const std::int64_t width = static_cast<std::int64_t>(gates.size()) * units;
  for (std::int64_t first = 0; first < H_; first += units, packed += K_ * width) {
    for (std::size_t g = 0; g < gates.size(); ++g) {
      for (std::int64_t u = 0; u < units; ++u) {
        float* target = packed + static_cast<std::int64_t>(g) * units + u;
        const bool is_padding = first + u >= H_;
        const float* row = matrix + (gate_number(attrs_, gates[g]) * H_ + first + u) * K_;
        for (std::int64_t k = 0; k < K_; ++k) target[k * width] = is_padding ? 0 : row[k];
      }
    }
  }
}

void RecurrentWeights::pack_bfloat16(GateGroup group, const float* matrix, BFloat16* packed) const {
  const std::int64_t units = panel_units(group);
  const std::string_view gates = gates_of(group);
  const std::int64_t width = static_cast<std::int64_t>(gates.size()) * units;
  const std::int64_t panel_size = panels_size(K_, width, width);
  for (std::int64_t first = 0; first < H_; first += units, packed += panel_size) {
    std::fill_n(packed, panel_size, BFloat16());
    for (std::size_t g = 0; g < gates.size(); ++g) {
      const FloatMatrix rows{matrix + (gate_number(attrs_, gates[g]) * H_ + first) * K_, K_, true};
      pack_columns(rows, K_, std::min(units, H_ - first), width,
                   packed + 2 * static_cast<std::int64_t>(g) * units);
    }
  }
}

void RecurrentWeights::pack_int8(GateGroup group, const float* matrix, float* packed) const {
  const std::int64_t units = panel_units(group);
  const std::string_view gates = gates_of(group);
  const std::int64_t width = static_cast<std::int64_t>(gates.size()) * units;
  const std::int64_t columns = columns_of(group);
  float* scales = packed + columns * row_floats_;
  std::fill(packed, scales + 2 * columns, 0.0F);
  auto* panel = reinterpret_cast<std::int8_t*>(packed);
  for (std::int64_t first = 0; first < H_; first += units, scales += width) {
    for (std::size_t g = 0; g < gates.size(); ++g) {
      const float* rows = matrix + (gate_number(attrs_, gates[g]) * H_ + first) * K_;
      for (std::int64_t u = 0; u < std::min(units, H_ - first); ++u) {
        const std::int64_t column = static_cast<std::int64_t>(g) * units + u;
        const Int8Column result = quantize_column(rows + u * K_, 1, K_, width, panel + 4 * column);
        scales[column] = result.scale;
        scales[columns + column] = result.correction;
      }
    }
    panel += width * padded_int8_depth(K_);
  }
}

void RecurrentWeights::pack_bias(GateGroup group, const float* bias, float* packed) const {
  const std::int64_t units = panel_units(group);
  const std::int64_t state_half = attrs_.kind->gate_count() * H_;
  for (std::int64_t first = 0; first < H_; first += units) {
    for (const char gate : gates_of(group)) {
      const float* input_bias = bias + gate_number(attrs_, gate) * H_;
      const bool is_apart = group == GateGroup::kGruLinearFirst && gate == 'h';
      for (std::int64_t unit = first; unit < first + units; ++unit, ++packed) {
        if (unit >= H_) {
          *packed = 0;
        } else if (form_ == Form::kStateBias) {
          *packed = input_bias[state_half + unit];
        } else {
          *packed = input_bias[unit] + (is_apart ? 0 : input_bias[state_half + unit]);
        }
      }
    }
  }
}

}  // namespace gatefold::native
