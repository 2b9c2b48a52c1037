#include "ir/ops/recurrent_training.h"

namespace gatefold {

OpDef recurrent_training(const OpDef& forward, const RecurrentKind& kind,
                         const RecurrentForm& form) {
  OpDef def = forward;
  def.domain = kGatefoldDomain;
  def.name = kind.training_op;
  def.doc = form.doc;
  def.since = 1;
  for (AttrDef& attr : def.attrs) attr.since = 0;
  if (def.find_attr("checkpoint_every") == nullptr) {
    def.attrs.push_back({"checkpoint_every", AttrDef::Kind::kInt, 0});
  }
  def.outputs.push_back({"workspace", "T", kFloatTypes, Port::Arity::kOptional});
  def.evaluate = form.evaluate;
  return def;
}

OpDef recurrent_gradient(const OpDef& forward, const RecurrentKind& kind,
                         const RecurrentForm& form) {
  constexpr auto kOptional = Port::Arity::kOptional;
  OpDef def = recurrent_training(forward, kind, form);
  def.name = kind.gradient_op;
  def.inputs.push_back({"Y", "T", kFloatTypes});
  def.inputs.push_back({"workspace", "T", kFloatTypes, kOptional});
  def.inputs.push_back({"dY", "T", kFloatTypes, kOptional});
  def.inputs.push_back({"dY_h", "T", kFloatTypes, kOptional});
  if (kind.has_cell_state) def.inputs.push_back({"dY_c", "T", kFloatTypes, kOptional});
  def.outputs.clear();
  for (const std::string_view name : {"dX", "dW", "dR", "dB", "dinitial_h"}) {
    def.outputs.push_back({name, "T", kFloatTypes, kOptional});
  }
  if (kind.has_cell_state) {
    def.outputs.push_back({"dinitial_c", "T", kFloatTypes, kOptional});
    def.outputs.push_back({"dP", "T", kFloatTypes, kOptional});
  }
  def.outputs.push_back({"dH", "T", kFloatTypes, kOptional});
  def.infer = infer_recurrent_gradient;
  return def;
}

}  // namespace gatefold
