#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "backend/kernel.h"
#include "backend/kernels/recurrent/recurrent_products.h"
#include "backend/kernels/recurrent/recurrent_rows.h"
#include "backend/kernels/recurrent/recurrent_weights.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/cell_loops.h"
#include "backend/simd/team.h"
#include "ir/ops/recurrent.h"

namespace gatefold::native {

/// A team and the directions it works on together.
struct DirectionTeam : Team {
  Range directions;
};

/// The arrays that a layer writes; nullptr for those that are not wanted.
struct RecurrentOutputs {
  float* Y = nullptr;
  float* Y_h = nullptr;
  float* Y_c = nullptr;
  float* workspace = nullptr;
  /// The order of the rows (one per sequence and time step) in workspace; nullptr: that of time.
  const PackedSteps* packed = nullptr;

  /// The outputs of a forward node or of its training form.
  static RecurrentOutputs of(const Node& node, const RecurrentKind& kind, const Buffers& buffers);
};

/// The forward steps of an LSTM, GRU or RNN node, or of its training form, for a kernel that has
/// the threads and says which steps are next. In float32 with every option of the specification; in
/// bfloat16 and int8 the products with W and R are oneDNN's, and the cell takes their results.
///
/// Steps are counted in the order in which a direction goes through them.
class RecurrentLayer {
 public:
  struct Division {
    /// Parts of what there is to do in a step; a smaller team does several each.
    int shares = 1;
    /// Most steps whose products with W are computed at once.
    std::int64_t chunk_steps = std::numeric_limits<std::int64_t>::max();
  };

  /// Inputs of the node are read by their numbers in recurrent_input.
  RecurrentLayer(const KernelRequest& request, const RecurrentAttrs& attrs,
                 const RecurrentExtents& extents, const Division& division, ScratchLayout& scratch);

  ProductPrecision precision() const { return precision_; }
  const RecurrentExtents& extents() const { return extents_; }

  /// Begins a run on this memory, which stays in use until the next one: packs weights that are not
  /// constant, reads the lengths of the sequences and loads the initial states. Throws Error for a
  /// length outside [0, T].
  void prepare(const Buffers& buffers, const RecurrentOutputs& outputs);
  /// Returns the number of steps of the longest sequence.
  std::int64_t steps() const { return rows_.steps(); }
  /// Returns the states with which step s of a direction begins: [N, state_stride], in the order of
  /// rows(). Steps may also be run from states that are written here.
  float* h_before(std::int64_t d, std::int64_t s) const {
    return at<float>(buffers_, places_[d].h[s % 2]);
  }
  float* c(std::int64_t d) const { return at<float>(buffers_, places_[d].c); }
  std::int64_t state_stride() const { return padded_; }
  const RecurrentRows& rows() const { return rows_; }

  /// Runs steps of the team's directions; each of its threads must call it.
  void run_steps(const DirectionTeam& team, Range steps);
  /// Completes the outputs when all steps are done: writes the last states, and zeros behind the
  /// ends of sequences.
  void finish() const;

 private:
  /// Gates that are computed together, and their panels.
  struct Group {
    GateGroup gates;
    std::int64_t panels;
    std::int64_t width;  ///< gates * units of a panel
  };
  /// Where the numbers of one direction lie in scratch memory.
  struct DirectionPlaces {
    std::size_t h[2];  ///< [N, padded]; step s reads h[s % 2] and writes the other.
    std::size_t c, z, reset_h;
    std::size_t x_starts, y_starts, workspace_starts;  ///< [N]: where each row's first step lies.
    std::vector<std::size_t> sums;            ///< Of each group: [panels, chunk rows, gates, units]
    std::vector<RecurrentProducts> products;  ///< Of each group, if reduced.
  };

  void plan_groups();
  void plan_chunks(std::int64_t most_steps);
  void plan_scratch(ScratchLayout& scratch);
  void plan_products(ScratchLayout& scratch);
  Range panels_of(int share, std::int64_t d, std::size_t group) const;

  void prepare_weights();
  void prepare_direction(std::int64_t d);
  std::int64_t list_inputs(std::int64_t d, Range steps, const float** inputs) const;
  void project(const DirectionTeam& team, Range steps);
  void run_projected(const DirectionTeam& team, Range steps);
  void run_shares(const DirectionTeam& team, std::int64_t d, std::size_t group,
                  std::int64_t first_row, RecurrentStep& step);
  void begin_steps(std::int64_t d, std::size_t group, RecurrentStep& step) const;
  void move_to(std::int64_t s, std::int64_t d, RecurrentStep& step) const;
  void write_last_states(std::int64_t d) const;
  bool is_reduced() const { return precision_ != ProductPrecision::kFloat32; }

  const Node& node_;
  RecurrentAttrs attrs_;
  RecurrentExtents extents_;
  int shares_;
  std::vector<Group> groups_;  ///< In their order in a step.
  std::int64_t padded_;
  ProductPrecision precision_;
  RecurrentWeights W_, R_, input_bias_, state_bias_;
  std::optional<RecurrentWeights> P_;
  bool is_standard_;
  std::int64_t chunk_steps_ = 1;

  RecurrentRows rows_;
  std::size_t packing_ = 0;     ///< Weights that are not constant, packed.
  std::size_t row_inputs_ = 0;  ///< [shares + directions - 1, chunk rows]: pointers into X.
  std::vector<DirectionPlaces> places_;

  Buffers buffers_;
  RecurrentOutputs outputs_;
};

}  // namespace gatefold::native
