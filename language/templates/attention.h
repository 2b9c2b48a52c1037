#pragma once

#include <cstdint>
#include <string>

#include "language/templates/recurrent.h"

/// What a decoder sees of the text that an encoder has read. S is the length of that text, T that
/// of the decoder's, W the width of the encoder's outputs.
namespace gatefold {

/// The outputs of an encoder and which of them count.
struct AttendedText {
  Value* outputs = nullptr;  ///< [N, S, W]
  Value* mask = nullptr;     ///< bool [N, S]
  std::int64_t width = 0;
};

/// What attention makes of a decoder's states.
struct Attended {
  Value* states = nullptr;   ///< [N, T, H]
  Value* weights = nullptr;  ///< [N, T, S]: how much each output of the encoder counts.
};

/// Adds the inputs encoder_output and encoder_mask.
AttendedText add_attended_text(Network& network, std::int64_t width);

/// Lets states [N, T, H] attend: weights softmax(h_t W_a s), then tanh(W_c [context; h_t]), with
/// the parameters "<module>.attention" and "<module>.combine". Source: Luong, Pham, Manning,
/// "Effective approaches to attention-based neural machine translation", 2015, general score.
Attended attend_by_products(Network& network, const std::string& module, Value* states,
                            std::int64_t hidden, const AttendedText& text);

/// What a recurrent module that attends makes of a text.
struct AttendingSteps {
  Attended attended;
  RecurrentStates final;
};

/// Adds a recurrent module "<module>.rnn" that attends before each step. With h_{t-1}, the last
/// state of its last layer, the weights are softmax(Va tanh(Wa h_{t-1} + Ua s)), and the module
/// reads x_t and behind it the context. Wa, Ua and Va are nn.Linear "<module>.attention.Wa" and so
/// on. A Scan goes through the steps of `x` [N, T, I]. With `drops`, what a layer hands to the next
/// is multiplied by ones [T, N, H], named "<module>.rnn.kept_l0" and so on, of which training may
/// drop elements. Source: Bahdanau, Cho, Bengio, "Neural machine translation by jointly learning to
/// align and translate", 2014.
AttendingSteps attend_by_sums(Network& network, const std::string& module, Value* x,
                              const RecurrentShape& shape, const RecurrentStates& initial,
                              const AttendedText& text, bool drops);

}  // namespace gatefold
