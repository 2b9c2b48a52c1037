#pragma once

#include <filesystem>
#include <span>

#include "ir/graph.h"
#include "language/pictures/page.h"
#include "language/pictures/training_log.h"
#include "language/projects/project.h"

/// The sections of a report. Each function adds what there is to the page's present section.
namespace gatefold {

/// How many numbers the parameters of a graph have, those of sub-graphs included.
std::int64_t count_parameters(const Graph& graph);

/// Adds pictures of models before and after compiling or, where there are too many nodes, tables of
/// the operators.
void add_graphs(Page& page, std::span<const std::filesystem::path> models);

/// Adds the curves of loss and rate, and a table with the numbers of each epoch.
void add_curves(Page& page, const TrainingLog& log);

/// Adds what the model said after the epochs, as far as the log has it.
void add_samples(Page& page, const TrainingLog& log);
/// Whether a log has samples of what the model said.
bool has_samples(const TrainingLog& log);

/// Adds what a project's trained model does: the confusion of labels, translations and attention,
/// a map of vectors, or how well it predicts.
void add_abilities(Page& page, const Project& project);

}  // namespace gatefold
