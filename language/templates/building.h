#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "language/templates/network.h"
#include "language/templates/recurrent.h"
#include "language/templates/template.h"

/// What the models of several templates have in common.
namespace gatefold {

/// Returns the type of token indices with these named extents.
Type tokens_type(const std::vector<std::string>& extents);

/// Returns the recurrent module that the options describe.
RecurrentShape recurrent_shape(const TemplateOptions& options);

/// Returns the positions of sequences: int64 [T] for tokens [N, T].
Value* positions_of(Network& network, Value* tokens);

/// Returns which positions of [N, T] are within a sequence's length: tokens [N, T], lengths [N] ->
/// bool [N, T].
Value* mask_of(Network& network, Value* tokens, Value* lengths);

/// The mean of the vectors [N, W, E] within the lengths: [N, E].
Value* mean_of(Network& network, Value* vectors, Value* mask, Value* lengths);

Value* transpose(Network& network, Value* x, std::vector<std::int64_t> order);

/// Puts the states of both directions beside each other: [D, N, H] -> [N, D*H].
Value* join_directions(Network& network, Value* states, const RecurrentShape& shape);

/// Adds the layer that gives each token of a vocabulary its score: "<prefix>fc", or with tied
/// weights the table "<prefix>embedding". Throws Error when these cannot be tied.
Value* add_scores(Network& network, const std::string& prefix, Value* x, std::int64_t width,
                  const TemplateOptions& options, std::int64_t tokens);

/// The states that a recurrent module begins with, and which output each of them comes from.
struct CarriedInputs {
  RecurrentStates initial;
  std::vector<CarriedState> pairs;
};

/// Adds the inputs h0 and, for an LSTM, c0: [L, N, H].
CarriedInputs add_carried(Network& network, const RecurrentShape& shape);
/// Delivers states as the outputs hn and cn.
void deliver_states(Network& network, const RecurrentStates& states);

/// Makes the list of a project's only model.
std::vector<NamedModel> only_model(Model model);

}  // namespace gatefold
