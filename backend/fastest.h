#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "backend/kernel.h"

namespace gatefold {

/// Changes made-up inputs (one per input of the node, all zero; undefined where missing) to numbers
/// that the operator takes.
using PrepareInputs = std::function<void(std::vector<Tensor>& inputs)>;

/// A kernel from the candidate that runs fastest. The first time that `key` is asked for in this
/// process, every candidate's kernel is run a few times on made-up data; a later candidate must be
/// clearly faster than the ones before it. Candidates that make no kernel are passed over; nullptr
/// when all are. Equal keys must mean equal work, at least by its order of magnitude.
std::unique_ptr<Kernel> make_fastest(const KernelRequest& request, const std::string& key,
                                     std::span<const MakeKernel> candidates,
                                     const PrepareInputs& prepare = {});

}  // namespace gatefold
