#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gatefold {

/// The activation functions of LSTM, GRU and RNN.
enum class ActivationKind : std::int8_t {
  kRelu,             ///< max(0, x)
  kTanh,             ///< tanh(x)
  kSigmoid,          ///< 1 / (1 + e^-x)
  kAffine,           ///< alpha x + beta
  kLeakyRelu,        ///< x if x >= 0, else alpha x
  kThresholdedRelu,  ///< x if x >= alpha, else 0 (the operator of that name asks x > alpha)
  kScaledTanh,       ///< alpha tanh(beta x)
  kHardSigmoid,      ///< min(max(alpha x + beta, 0), 1)
  kElu,              ///< x if x >= 0, else alpha (e^x - 1)
  kSoftsign,         ///< x / (1 + |x|)
  kSoftplus,         ///< log(1 + e^x)
};

/// One row of the table of activation functions.
struct ActivationDef {
  std::string_view name;
  ActivationKind kind;
  /// Defaults of the parameters; nothing for a function that does not take one.
  std::optional<float> alpha, beta;
  float (*in_float)(float x, float alpha, float beta);
  double (*in_double)(double x, double alpha, double beta);
  /// The derivative by x; at a kink that of the operator with the same name.
  float (*slope_in_float)(float x, float alpha, float beta);
  double (*slope_in_double)(double x, double alpha, double beta);
};

/// The row of a name in any case; nullptr if there is none.
const ActivationDef* find_activation(std::string_view name);
/// "Relu, Tanh, ..."
std::string_view activation_names();

/// An activation function with its parameters.
struct Activation {
  const ActivationDef* def = nullptr;
  float alpha = 0;
  float beta = 0;

  ActivationKind kind() const { return def->kind; }
  float operator()(float x) const { return def->in_float(x, alpha, beta); }
  double operator()(double x) const { return def->in_double(x, alpha, beta); }
  float slope(float x) const { return def->slope_in_float(x, alpha, beta); }
  double slope(double x) const { return def->slope_in_double(x, alpha, beta); }
  bool operator==(const Activation&) const = default;
};

}  // namespace gatefold
