#include "ir/ops/recurrent_activation.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace gatefold {
namespace {

template <typename Float>
struct Functions {
  static Float relu(Float x, Float, Float) { return std::max(x, Float{0}); }
  static Float tanh(Float x, Float, Float) { return std::tanh(x); }
  static Float sigmoid(Float x, Float, Float) { return 1 / (1 + std::exp(-x)); }
  static Float affine(Float x, Float alpha, Float beta) { return alpha * x + beta; }
  static Float leaky_relu(Float x, Float alpha, Float) { return x >= 0 ? x : alpha * x; }
  static Float thresholded_relu(Float x, Float alpha, Float) { return x >= alpha ? x : 0; }
  static Float scaled_tanh(Float x, Float alpha, Float beta) { return alpha * std::tanh(beta * x); }
  static Float hard_sigmoid(Float x, Float alpha, Float beta) {
    return std::min(std::max(alpha * x + beta, Float{0}), Float{1});
  }
  static Float elu(Float x, Float alpha, Float) { return x >= 0 ? x : alpha * std::expm1(x); }
  static Float softsign(Float x, Float, Float) { return x / (1 + std::abs(x)); }
  static Float softplus(Float x, Float, Float) {
    return std::max(x, Float{0}) + std::log1p(std::exp(-std::abs(x)));
  }
};

template <typename Float>
struct Slopes {
  using Value = Functions<Float>;
  static Float relu(Float x, Float, Float) { return x > 0 ? 1 : 0; }
  static Float tanh(Float x, Float, Float) { return 1 - std::tanh(x) * std::tanh(x); }
  static Float sigmoid(Float x, Float, Float) {
    const Float y = Value::sigmoid(x, 0, 0);
    return y * (1 - y);
  }
  static Float affine(Float, Float alpha, Float) { return alpha; }
  static Float leaky_relu(Float x, Float alpha, Float) { return x > 0 ? 1 : alpha; }
  static Float thresholded_relu(Float x, Float alpha, Float) { return x >= alpha ? 1 : 0; }
  static Float scaled_tanh(Float x, Float alpha, Float beta) {
    return alpha * beta * tanh(beta * x, 0, 0);
  }
  static Float hard_sigmoid(Float x, Float alpha, Float beta) {
    const Float y = alpha * x + beta;
    return y > 0 && y < 1 ? alpha : 0;
  }
  static Float elu(Float x, Float alpha, Float) { return x > 0 ? 1 : alpha * std::exp(x); }
  static Float softsign(Float x, Float, Float) {
    const Float root = 1 + std::abs(x);
    return 1 / (root * root);
  }
  static Float softplus(Float x, Float, Float) { return Value::sigmoid(x, 0, 0); }
};

using InFloat = Functions<float>;
using InDouble = Functions<double>;
using SlopeInFloat = Slopes<float>;
using SlopeInDouble = Slopes<double>;
using Kind = ActivationKind;
constexpr auto kNone = std::nullopt;

constexpr ActivationDef kActivations[] = {
    {"Relu", Kind::kRelu, kNone, kNone, InFloat::relu, InDouble::relu, SlopeInFloat::relu,
     SlopeInDouble::relu},
    {"Tanh", Kind::kTanh, kNone, kNone, InFloat::tanh, InDouble::tanh, SlopeInFloat::tanh,
     SlopeInDouble::tanh},
    {"Sigmoid", Kind::kSigmoid, kNone, kNone, InFloat::sigmoid, InDouble::sigmoid,
     SlopeInFloat::sigmoid, SlopeInDouble::sigmoid},
    {"Affine", Kind::kAffine, 1.0F, 0.0F, InFloat::affine, InDouble::affine, SlopeInFloat::affine,
     SlopeInDouble::affine},
    {"LeakyRelu", Kind::kLeakyRelu, 0.01F, kNone, InFloat::leaky_relu, InDouble::leaky_relu,
     SlopeInFloat::leaky_relu, SlopeInDouble::leaky_relu},
    {"ThresholdedRelu", Kind::kThresholdedRelu, 1.0F, kNone, InFloat::thresholded_relu,
     InDouble::thresholded_relu, SlopeInFloat::thresholded_relu, SlopeInDouble::thresholded_relu},
    {"ScaledTanh", Kind::kScaledTanh, 1.0F, 1.0F, InFloat::scaled_tanh, InDouble::scaled_tanh,
     SlopeInFloat::scaled_tanh, SlopeInDouble::scaled_tanh},
    {"HardSigmoid", Kind::kHardSigmoid, 0.2F, 0.5F, InFloat::hard_sigmoid, InDouble::hard_sigmoid,
     SlopeInFloat::hard_sigmoid, SlopeInDouble::hard_sigmoid},
    {"Elu", Kind::kElu, 1.0F, kNone, InFloat::elu, InDouble::elu, SlopeInFloat::elu,
     SlopeInDouble::elu},
    {"Softsign", Kind::kSoftsign, kNone, kNone, InFloat::softsign, InDouble::softsign,
     SlopeInFloat::softsign, SlopeInDouble::softsign},
    {"Softplus", Kind::kSoftplus, kNone, kNone, InFloat::softplus, InDouble::softplus,
     SlopeInFloat::softplus, SlopeInDouble::softplus},
};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

}  // namespace

const ActivationDef* find_activation(std::string_view name) {
  for (const ActivationDef& def : kActivations) {
    if (equal_ignoring_case(def.name, name)) return &def;
  }
  return nullptr;
}

std::string_view activation_names() {
  return "Relu, Tanh, Sigmoid, Affine, LeakyRelu, ThresholdedRelu, ScaledTanh, HardSigmoid, Elu, "
         "Softsign and Softplus";
}

}  // namespace gatefold
