#include "passes/training/recompute_steps.h"

#include "ir/infer.h"
#include "ir/op_def.h"
#include "ir/ops/recurrent.h"

namespace gatefold {

void recompute_steps(Graph& graph, std::int64_t every) {
  // Nodes that read workspace stand behind the node that makes it.
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if ((*node)->op().find_attr("checkpoint_every") == nullptr) continue;
    const RecurrentKind& kind = *read_recurrent_attrs(**node).kind;
    (*node)->set_attr("checkpoint_every", every);
    if (kind.has_cell_state) continue;
    if ((*node)->op().name == kind.gradient_op) {
      (*node)->set_input(kind.input_count() + recurrent_gradient_input::kWorkspace, nullptr);
    } else {
      (*node)->drop_output(kind.output_count());
    }
  }
  infer_types(graph);
}

}  // namespace gatefold
