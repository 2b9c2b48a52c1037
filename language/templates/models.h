#pragma once

#include <vector>

#include "language/templates/template.h"

/// The models of the templates. N is the batch, T the time, V the vocabulary, E the width of the
/// embedding, H that of the states, L layers, D directions. Parameters have PyTorch's names.
namespace gatefold {

/// x [N, in] -> y [N, out]; nn.Linear "linear".
std::vector<NamedModel> make_linear(const TemplateOptions& options, const DataSizes& sizes);
/// x [N, in] -> y [N, out]; nn.Linear "layers.0", "layers.1", ... with tanh between them.
std::vector<NamedModel> make_mlp(const TemplateOptions& options, const DataSizes& sizes);

/// tokens int64 [N, T], lengths int64 [N] -> logits [N, labels]; "embedding", "rnn", "fc".
std::vector<NamedModel> make_classifier(const TemplateOptions& options, const DataSizes& sizes);
/// tokens int64 [N, T], lengths int64 [N] -> logits [N, T, labels]; "embedding", "rnn", "fc".
std::vector<NamedModel> make_tagger(const TemplateOptions& options, const DataSizes& sizes);

/// tokens int64 [N, T], h0 and c0 [L, N, H] -> logits [N, T, V], hn and cn, which are carried;
/// "embedding", "rnn", "fc".
std::vector<NamedModel> make_language_model(const TemplateOptions& options, const DataSizes& sizes);

/// tokens int64 [N, T], lengths int64 [N] -> logits [N, labels]; "embedding", "position", the stack
/// "encoder" and "fc", which reads the mean over the sequence.
std::vector<NamedModel> make_transformer_encoder(const TemplateOptions& options,
                                                 const DataSizes& sizes);
/// tokens int64 [N, T] -> logits [N, T, V]; each position attends to itself and those before it.
std::vector<NamedModel> make_transformer_lm(const TemplateOptions& options, const DataSizes& sizes);

/// model.onnx: tokens int64 [N, S], lengths int64 [N] -> encoder_output [N, S, D*H], encoder_mask
/// bool [N, S], hn and cn [L, N, H]; "encoder.embedding", "encoder.rnn", and with two directions
/// "encoder.bridge_h" and "encoder.bridge_c" from 2*H to H.
/// decoder.onnx: target_tokens int64 [N, T], h0 and c0 [L, N, H], and for attention encoder_output
/// and encoder_mask -> logits [N, T, V], hn and cn, which are carried, and attention [N, T, S];
/// "decoder.embedding", "decoder.rnn", "decoder.fc", and those of attend_by_products ("luong") or
/// attend_by_sums ("bahdanau").
std::vector<NamedModel> make_seq2seq(const TemplateOptions& options, const DataSizes& sizes);

/// center int64 [N], context int64 [N, K] -> scores [N, K], the products of their vectors;
/// "center" and "context" (Mikolov and others, "Distributed representations of words and phrases
/// and their compositionality", 2013).
std::vector<NamedModel> make_skipgram(const TemplateOptions& options, const DataSizes& sizes);
/// context int64 [N, W], lengths int64 [N], candidates int64 [N, K] -> scores [N, K], the products
/// of the mean of the first lengths[n] vectors of the context and those of the candidates;
/// "context" and "center".
std::vector<NamedModel> make_cbow(const TemplateOptions& options, const DataSizes& sizes);

}  // namespace gatefold
