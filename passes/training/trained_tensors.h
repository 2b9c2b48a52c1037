#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"

/// Which tensors of a model are its weights.
namespace gatefold {

/// A floating-point tensor of a model's file: an initializer or a Constant node of the graph, its
/// sub-graphs or its functions.
struct FileTensor {
  enum class Standing : std::int8_t {
    kWeight,
    kDoubtful,   ///< Trained, though it may well be data.
    kData,       ///< Its numbers or its place say that it is no weight.
    kStatistic,  ///< Data, too: a running statistic of a normalization.
    kApart,      ///< The loss does not depend on it by a path on which gradients flow.
  };

  const Value* value = nullptr;
  Standing standing = Standing::kWeight;
  std::string reason = {};  ///< What makes it doubtful or data: "constant with -inf".
  /// The nodes of several normalizations or layers whose parameter it is at once: as when exporters
  /// merge equal initializers. Empty for a parameter of one.
  std::vector<std::string> layers = {};

  const std::string& name() const { return value->name(); }
  std::int64_t size() const { return value->data()->size(); }
  /// Whether it is trained unless somebody says otherwise.
  bool is_trained() const {
    return standing == Standing::kWeight || standing == Standing::kDoubtful;
  }
};

/// Every floating-point tensor of a model's graph as it was read, before any pass. Trained are
/// those from which a path on which gradients flow leads to one of `judged`, values of the graph,
/// and that are not data. Data are:
///   - tensors with a number that is not finite, and those that hold 0 and one number of at most
///     -1000 only, both;
///   - scalars (tensors of rank 0), Constant nodes of one element, and tensors of none;
///   - running statistics of normalizations;
///   - initial states that are all zero: of LSTM, GRU and RNN, of loops, and of cells in parts,
///   where
///     products with weights alone, gates or differences read them, or the input stands beside
///     them.
/// Doubtful are tensors that are added to or multiply data element by element and whose numbers
/// look like those of a mask or of positions.
std::vector<FileTensor> find_tensors(const Graph& graph, std::span<Value* const> judged);

}  // namespace gatefold
