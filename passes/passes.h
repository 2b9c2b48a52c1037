#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "passes/pass.h"

namespace gatefold {

/// Every pass, in the order of the pipelines.
std::span<const Pass> all_passes();
/// The pass of that name; nullptr if there is none.
const Pass* find_pass(std::string_view name);

/// The list of passes that a pipeline's name stands for; nothing for other names.
std::optional<std::string_view> pipeline_text(std::string_view name);

/// The passes: one function per file of the rooms clean, moves, recurrence and loops, and of this
/// folder.
namespace passes {

bool absorb_reversals(Graph& graph, PassContext& context);
bool build_backward(Graph& graph, PassContext& context);
bool cancel_transposes(Graph& graph, PassContext& context);
bool collapse_moves(Graph& graph, PassContext& context);
bool drop_zero_states(Graph& graph, PassContext& context);
bool expand_einsum(Graph& graph, PassContext& context);
bool expand_formulas(Graph& graph, PassContext& context);
bool expand_gradients(Graph& graph, PassContext& context);
bool fold_batch_normalization(Graph& graph, PassContext& context);
bool fold_constants(Graph& graph, PassContext& context);
bool fold_around_steps(Graph& graph, PassContext& context);
bool form_activations(Graph& graph, PassContext& context);
bool form_attention(Graph& graph, PassContext& context);
bool form_gemm(Graph& graph, PassContext& context);
bool fuse_first_step(Graph& graph, PassContext& context);
bool fuse_gru_cell(Graph& graph, PassContext& context);
bool fuse_lstm_cell(Graph& graph, PassContext& context);
bool fuse_projection(Graph& graph, PassContext& context);
bool fuse_rnn_cell(Graph& graph, PassContext& context);
bool hoist_through_concat(Graph& graph, PassContext& context);
bool hoist_invariants(Graph& graph, PassContext& context);
bool join_products(Graph& graph, PassContext& context);
bool look_up_one_hot(Graph& graph, PassContext& context);
bool merge_directions(Graph& graph, PassContext& context);
bool merge_duplicates(Graph& graph, PassContext& context);
bool pool_first(Graph& graph, PassContext& context);
bool precompute_lookups(Graph& graph, PassContext& context);
bool read_final_states(Graph& graph, PassContext& context);
bool remove_dead(Graph& graph, PassContext& context);
bool reroll_loops(Graph& graph, PassContext& context);
bool reroll_recurrence(Graph& graph, PassContext& context);
bool remove_identities(Graph& graph, PassContext& context);
bool simplify_control_flow(Graph& graph, PassContext& context);
bool stack_sequences(Graph& graph, PassContext& context);

}  // namespace passes
}  // namespace gatefold
