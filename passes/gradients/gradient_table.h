#pragma once

#include <vector>

#include "passes/gradients/gradients.h"

/// One function per file of rules of this folder; gradient_table.cpp joins them.
namespace gatefold::gradients {

std::vector<GradientRow> attention();
std::vector<GradientRow> convolutions();
std::vector<GradientRow> einsum();
std::vector<GradientRow> elementwise();
std::vector<GradientRow> gather();
std::vector<GradientRow> if_then_else();
std::vector<GradientRow> loop();
std::vector<GradientRow> losses();
std::vector<GradientRow> moves();
std::vector<GradientRow> normalizations();
std::vector<GradientRow> pools();
std::vector<GradientRow> products();
std::vector<GradientRow> recurrent();
std::vector<GradientRow> reductions();
std::vector<GradientRow> refused();
std::vector<GradientRow> resize();
std::vector<GradientRow> softmax();
std::vector<GradientRow> zero();

}  // namespace gatefold::gradients
