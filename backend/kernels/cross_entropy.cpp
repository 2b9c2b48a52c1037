#include <optional>

#include "backend/kernels.h"
#include "backend/kernels/softmax.h"
#include "ir/error.h"
#include "ir/op_def.h"

namespace gatefold::native {
namespace {

/// SoftmaxCrossEntropyLoss and NegativeLogLikelihoodLoss.
class CrossEntropyKernel : public Kernel {
 public:
  explicit CrossEntropyKernel(const KernelRequest& request)
      : node_(request.node),
        takes_scores_(request.node.op().name == "SoftmaxCrossEntropyLoss"),
        is_reduced_(request.node.attr_string("reduction") != "none"),
        is_mean_(request.node.attr_string("reduction") == "mean"),
        wants_loss_(request.has_output(0)),
        keeps_log_prob_(request.has_output(1)),
        has_weights_(request.has_input(2)),
        label_type_(request.dtype(1)),
        labels_(element_count(request.input_dims(1))) {
    const Dims scores = request.input_dims(0);
    batch_ = scores[0];
    classes_ = scores[1];
    inner_ = element_count(Dims(scores.begin() + 2, scores.end()));
    if (const AttrValue* ignore = node_.find_attr("ignore_index")) {
      ignore_ = std::get<std::int64_t>(*ignore);
    }
  }

  std::size_t scratch_bytes() const override {
    const bool needs_log_prob = takes_scores_ && !keeps_log_prob_;
    return needs_log_prob ? static_cast<std::size_t>(batch_ * classes_ * inner_) * sizeof(float)
                          : 0;
  }

  void run(const Buffers& buffers) override {
    const auto* log_prob = buffers.input<float>(0);
    if (takes_scores_) {
      auto* target =
          keeps_log_prob_ ? buffers.output<float>(1) : static_cast<float*>(buffers.scratch);
      log_softmax(batch_, classes_, inner_, log_prob, target);
      log_prob = target;
    }
    if (!wants_loss_) return;
    if (label_type_ == DataType::kInt64) {
      add_up(log_prob, buffers.input<std::int64_t>(1), buffers);
    } else {
      add_up(log_prob, buffers.input<std::int32_t>(1), buffers);
    }
  }

 private:
  template <typename Label>
  void add_up(const float* log_prob, const Label* labels, const Buffers& buffers) const {
    const float* class_weights = has_weights_ ? buffers.input<float>(2) : nullptr;
    auto* losses = buffers.output<float>(0);
    double loss = 0;
    double weights = 0;
    for (std::int64_t i = 0; i < labels_; ++i) {
      const std::int64_t label = labels[i];
      double weight = 0;
      double value = 0;
      if (label != ignore_) {
        weight = class_weights == nullptr ? 1 : class_weights[checked(label)];
        value = -weight * log_prob[(i / inner_ * classes_ + checked(label)) * inner_ + i % inner_];
      }
      loss += value;
      weights += weight;
      if (!is_reduced_) losses[i] = static_cast<float>(value);
    }
    if (is_reduced_) *losses = static_cast<float>(is_mean_ ? loss / weights : loss);
  }

  std::int64_t checked(std::int64_t label) const {
    if (label < 0 || label >= classes_) {
      fail("{}: label {} is outside [0, {}), the classes, and is not ignore_index",
           node_.describe(), label, classes_);
    }
    return label;
  }

  const Node& node_;
  bool takes_scores_, is_reduced_, is_mean_, wants_loss_, keeps_log_prob_, has_weights_;
  DataType label_type_;
  std::int64_t labels_;
  std::int64_t batch_ = 0, classes_ = 0, inner_ = 1;
  std::optional<std::int64_t> ignore_;
};

}  // namespace

std::unique_ptr<Kernel> make_cross_entropy(const KernelRequest& request) {
  const Dims scores = request.input_dims(0);
  const bool has_all_weights =
      !request.has_input(2) || element_count(request.input_dims(2)) == scores[1];
  const bool fits = request.dtype() == DataType::kFloat32 && has_all_weights &&
                    element_count(request.input_dims(1)) * scores[1] == element_count(scores);
  return fits ? std::make_unique<CrossEntropyKernel>(request) : nullptr;
}

}  // namespace gatefold::native
