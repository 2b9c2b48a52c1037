#include "passes/passes.h"

#include <algorithm>

#include "passes/pipeline.h"

namespace gatefold {
namespace {

constexpr Pass kPasses[] = {
    {"expand-gradients", "Gradient nodes are the nodes that compute them",
     passes::expand_gradients},
    {"fold-constants", "nodes that depend on constants only become constants",
     passes::fold_constants},
    {"fold-around-steps",
     "nodes that depend on constants only become constants, but products, as those of first states",
     passes::fold_around_steps},
    {"simplify-control-flow",
     "known branches and single iterations are inlined; loops carry only what changes",
     passes::simplify_control_flow},
    {"stack-sequences", "tensors are cut and stacked without sequences in between",
     passes::stack_sequences},
    {"remove-identities", "no node gives its input unchanged", passes::remove_identities},
    {"collapse-moves", "chains of Transpose, Reshape, Squeeze, Slice and Concat are one of them",
     passes::collapse_moves},
    {"expand-einsum", "Einsums are sums and products of matrices or elements",
     passes::expand_einsum},
    {"expand-formulas", "operators without kernels are formulas of operators that have some",
     passes::expand_formulas},
    {"form-activations", "activations spelled in parts are Sigmoid, Tanh, HardSigmoid or Softsign",
     passes::form_activations},
    {"fuse-lstm-cell", "steps of an LSTM spelled in parts are LSTM nodes", passes::fuse_lstm_cell},
    {"fuse-gru-cell", "steps of a GRU spelled in parts are GRU nodes", passes::fuse_gru_cell},
    {"fuse-rnn-cell", "steps of a plain recurrence spelled in parts are RNN nodes",
     passes::fuse_rnn_cell},
    {"fuse-first-step", "a step from a zero state is like the steps that go on from it",
     passes::fuse_first_step},
    {"reroll-recurrence", "chains of single steps are one node over time",
     passes::reroll_recurrence},
    {"fuse-projection", "a product taken of all rows at once is part of the node that reads them",
     passes::fuse_projection},
    {"hoist-through-concat", "what is done to all parts of a Concat is done once to the whole",
     passes::hoist_through_concat},
    {"hoist-invariants", "loops compute nothing that is the same in all iterations",
     passes::hoist_invariants},
    {"reroll-loops", "loops over one recurrent step are one node over time", passes::reroll_loops},
    {"absorb-reversals", "recurrences run backwards instead of over reversed sequences",
     passes::absorb_reversals},
    {"drop-zero-states", "recurrences that start from zeros have no initial states",
     passes::drop_zero_states},
    {"merge-directions", "recurrences over one sequence in both directions are one node",
     passes::merge_directions},
    {"read-final-states", "recurrences of which the last step is read deliver no others",
     passes::read_final_states},
    {"form-attention", "weighted sums of values by the softmax of products are Attention nodes",
     passes::form_attention},
    {"fold-batch-normalization", "layers scale and shift with their own weights",
     passes::fold_batch_normalization},
    {"pool-first", "activations see what is left by a MaxPool", passes::pool_first},
    {"form-gemm", "products of matrices add and transpose by themselves", passes::form_gemm},
    {"cancel-transposes", "no two Transposes undo each other; indices move instead of table rows",
     passes::cancel_transposes},
    {"look-up-one-hot", "products with one-hot vectors are rows of a table",
     passes::look_up_one_hot},
    {"precompute-lookups", "what is computed of table rows is computed once for the table",
     passes::precompute_lookups},
    {"join-products", "few rows are multiplied once with all weights that want them",
     passes::join_products},
    {"merge-duplicates", "no two nodes or constants are equal", passes::merge_duplicates},
    {"build-backward",
     "the gradients of the first output with respect to every parameter are outputs",
     passes::build_backward},
    {"remove-dead", "nodes, outputs and constants that nobody uses are gone", passes::remove_dead},
};

struct Pipeline {
  std::string_view name;
  std::string_view passes;
};

// What both pipelines do. In training, parameters stay open: only constants are folded.
constexpr std::string_view kCommonPasses =
    "expand-gradients,remove-identities,stack-sequences,fold-around-steps,simplify-control-flow,"
    "remove-identities,stack-sequences,collapse-moves,merge-duplicates,"
    "expand-einsum,expand-formulas,form-activations,fuse-lstm-cell,fuse-gru-cell,fuse-rnn-cell,"
    "fold-constants,"
    "merge-duplicates,remove-identities,remove-dead,collapse-moves,hoist-invariants,"
    "reroll-loops,fuse-first-step,reroll-recurrence,collapse-moves,merge-duplicates,"
    "hoist-through-concat,collapse-moves,hoist-through-concat,absorb-reversals,fuse-projection,"
    "absorb-reversals,collapse-moves,hoist-through-concat,"
    "merge-duplicates,drop-zero-states,"
    "read-final-states,merge-directions,form-attention,fold-batch-normalization,pool-first,form-"
    "gemm,"
    "cancel-transposes,look-up-one-hot,precompute-lookups,join-products,collapse-moves,"
    "fold-constants,remove-identities,merge-duplicates,remove-dead";

constexpr Pipeline kPipelines[] = {
    {kRequiredPipeline, "expand-gradients"},
    {kInferencePipeline, kCommonPasses},
    {kTrainingPipeline, kCommonPasses},
};

}  // namespace

std::span<const Pass> all_passes() { return kPasses; }

const Pass* find_pass(std::string_view name) {
  const auto* found = std::find_if(std::begin(kPasses), std::end(kPasses),
                                   [&](const Pass& pass) { return pass.name == name; });
  return found == std::end(kPasses) ? nullptr : found;
}

std::optional<std::string_view> pipeline_text(std::string_view name) {
  for (const Pipeline& pipeline : kPipelines) {
    if (pipeline.name == name) return pipeline.passes;
  }
  return std::nullopt;
}

}  // namespace gatefold
