#pragma once

#include <initializer_list>
#include <string_view>

#include "passes/pass.h"

/// What rewrites ask of the values and nodes that they look at.
namespace gatefold {

/// The producer of `value` when it is operator `op` of ONNX's own domain, else nullptr.
Node* producer_of(const Value* value, std::string_view op);

/// True when an operator is one of these.
bool is_one_of(std::string_view op, std::initializer_list<std::string_view> ops);
/// True for an LSTM, GRU or RNN.
bool is_recurrent(const Node& node);
/// True for an LSTM, GRU or RNN that runs forwards over all time steps of every sequence.
bool is_forward_over_all(const Node& node);

/// What stands behind operators that only move, reshape or cut out parts of a value.
const Value* origin_of(const Value* value);
/// What stands behind Squeeze, Unsqueeze, Identity and Reshapes that only move axes of extent 1,
/// all of which leave a state what it is.
Value* behind_rank_changes(Value* value);
/// True for a truth value that is the same for all units of a row [.., N, 1], also where it is
/// repeated for them.
bool is_row_mask(const Value* mask);
/// The state that a mask holds back where a sequence has ended: h' of Where (mask, h', h) with a
/// mask of rows, behind changes of rank; the value itself for others.
Value* behind_hold(Value* value);
/// What stands behind Casts.
Value* behind_casts(Value* value);

/// True for a constant that holds this number only.
bool is_filled_with(const Value* value, double number, const PassContext& context);

}  // namespace gatefold
