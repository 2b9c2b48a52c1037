#pragma once

#include <vector>

#include "passes/gradients/gradients.h"

/// One function per file of rules of this folder; gradient_table.cpp joins them.
namespace gatefold::gradients {

std::vector<GradientEntry> attention();
std::vector<GradientEntry> convolutions();
std::vector<GradientEntry> einsum();
std::vector<GradientEntry> elementwise();
std::vector<GradientEntry> gather();
std::vector<GradientEntry> if_then_else();
std::vector<GradientEntry> loop();
std::vector<GradientEntry> losses();
std::vector<GradientEntry> moves();
std::vector<GradientEntry> normalizations();
std::vector<GradientEntry> pools();
std::vector<GradientEntry> products();
std::vector<GradientEntry> recurrent();
std::vector<GradientEntry> reductions();
std::vector<GradientEntry> refused();
std::vector<GradientEntry> resize();
std::vector<GradientEntry> softmax();
std::vector<GradientEntry> zero();

}  // namespace gatefold::gradients
