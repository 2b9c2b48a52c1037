#pragma once

#include <cstdint>
#include <limits>

/// Rows of attention's scores, which are weighed as they come, some keys at a time. Rows of scores,
/// weights and slopes stand in memory that goes on for a vector behind them, where anything may be
/// written.
namespace gatefold::native {

/// What a row's softmax has come to so far.
struct RowSoftmax {
  float largest = -std::numeric_limits<float>::infinity();  ///< Of the scores.
  float sum = 0;                                            ///< Of the weights.
};

/// Turns the next `count` scores of a row into weights e^(score - largest), where `largest` counts
/// them as well. Returns the factor that what has been summed with earlier weights is to be
/// multiplied with.
/// Source: Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018.
float fold_scores(std::int64_t count, float* scores, RowSoftmax& row);

/// Turns scores into their softmax, as that of the whole row has come out.
void weigh_scores(std::int64_t count, const RowSoftmax& row, float* scores);

/// slopes = weights (slopes - mean): from the slopes of weights to those of scores.
void slopes_of_scores(std::int64_t count, const float* weights, float mean, float* slopes);

/// The dot product of two rows.
float dot_rows(std::int64_t count, const float* a, const float* b);

/// scores = cap tanh(scores / cap)
void cap_scores(std::int64_t count, float cap, float* scores);

/// scores += mask
void add_mask(std::int64_t count, const float* mask, float* scores);

/// Scores whose mask is false become -infinity.
void hide_scores(std::int64_t count, const bool* mask, float* scores);

/// y *= factor
void scale_row(std::int64_t count, float factor, float* y);

}  // namespace gatefold::native
