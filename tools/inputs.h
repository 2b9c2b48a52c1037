#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/bind.h"

namespace gatefold::tools {

/// Reads options of the form "NAME=8". Throws Error for any other form.
DimSizes parse_dim_sizes(const std::vector<std::string>& options);

/// A tensor for graph input number `position`: floats uniform in [-1, 1), integers in [0, 4),
/// booleans. It depends on the seed, the position and the shape only. Named extents take their size
/// from `sizes`; throws Error for an extent without one.
Datum random_input(const Value& input, std::size_t position, std::uint64_t seed,
                   const DimSizes& sizes = {});
/// The same for every graph input.
std::vector<Datum> random_inputs(const Graph& graph, std::uint64_t seed);
/// The same where every named extent has the size `any_extent`.
std::vector<Datum> random_inputs(const Graph& graph, std::uint64_t seed, std::int64_t any_extent);

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
