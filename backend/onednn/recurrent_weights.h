#pragma once

#include "backend/onednn/recurrent_arguments.h"

namespace gatefold::onednn {

/// W, R, B and P of a node and their gradients on their way to and from primitives: oneDNN has
/// other orders of the gates, layouts of its own, and one bias for the two halves of B.
class RecurrentWeights {
 public:
  RecurrentWeights(const KernelRequest& request, const RecurrentAttrs& attrs,
                   const RecurrentExtents& extents, const RecurrentFlavor& flavor)
      : request_(request), attrs_(attrs), extents_(extents), flavor_(flavor) {}

  /// Adds direction d of all four. What is constant is reordered once and shared by all plans, else
  /// in each run.
  void add_to(ArgumentList& list, const RecurrentLayouts& layouts,
              const RecurrentPrimitive& primitive, std::size_t d) const;
  /// Adds the gradients of direction d, which the primitive adds to zeros; those that are wanted
  /// are delivered.
  void add_gradients_to(ArgumentList& list, const RecurrentLayouts& layouts,
                        const RecurrentPair& pair, std::size_t d) const;

 private:
  struct Matrix {
    int number;
    std::size_t port;
    std::int64_t columns;
    dnnl::memory::desc layout;  ///< As the primitive wants it.
  };

  void add_matrix(ArgumentList& list, const Matrix& matrix, std::size_t d) const;
  void add_matrix_gradient(ArgumentList& list, const Matrix& matrix, std::size_t d) const;
  void add_bias(ArgumentList& list, const dnnl::memory::desc& layout, std::size_t d) const;
  void add_bias_gradient(ArgumentList& list, const dnnl::memory::desc& layout, std::size_t d) const;
  void add_peepholes(ArgumentList& list, const dnnl::memory::desc& layout, std::size_t d) const;
  void add_peephole_gradient(ArgumentList& list, const dnnl::memory::desc& layout,
                             std::size_t d) const;
  dnnl::memory::desc blocks_layout(std::int64_t columns) const;

  const KernelRequest& request_;
  const RecurrentAttrs& attrs_;
  const RecurrentExtents& extents_;
  const RecurrentFlavor& flavor_;
};

}  // namespace gatefold::onednn
