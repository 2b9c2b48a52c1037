#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace gatefold::tools {

/// Sizes for named extents: {"batch", 8}.
using DimSizes = std::map<std::string, std::int64_t>;

/// Reads options of the form "NAME=8". Throws Error for any other form.
DimSizes parse_dim_sizes(const std::vector<std::string>& options);

/// Puts sizes in the place of named extents of the graph's inputs and infers all types anew. Throws
/// Error for a name that no input has.
void bind_dims(Graph& graph, const DimSizes& sizes);

/// A tensor for graph input number `position`: floats uniform in [-1, 1), integers in [0, 4),
/// booleans. It depends on the seed, the position and the shape only. Named extents take their size
/// from `sizes`; throws Error for an extent without one.
Datum random_input(const Value& input, std::size_t position, std::uint64_t seed,
                   const DimSizes& sizes = {});
/// The same for every graph input.
std::vector<Datum> random_inputs(const Graph& graph, std::uint64_t seed);

/// Reads one tensor file per graph input. Files carry names: when those are exactly the names of
/// the graph's inputs they decide, otherwise the order of the files does. Throws Error when the
/// numbers differ or a file cannot be read.
std::vector<Datum> read_inputs(const Graph& graph, std::span<const std::filesystem::path> files);
/// Reads the files there are for the graph's outputs, by their numbers; nothing for outputs without
/// a file. Names that are all those of outputs decide here, too. Throws Error when a number is none
/// of an output or a file cannot be read.
std::vector<std::optional<Datum>> read_outputs(
    const Graph& graph, const std::map<std::size_t, std::filesystem::path>& files);

}  // namespace gatefold::tools
