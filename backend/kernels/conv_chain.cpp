#include "backend/kernels/conv_chain.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "backend/kernels.h"
#include "backend/kernels/partwise.h"
#include "backend/products/scratch_layout.h"
#include "ir/op_def.h"

namespace gatefold::native {
namespace {

/// The convolution's output lies in that of the chain which may be written over it, or where there
/// is none, in scratch memory.
class ConvChainKernel : public Kernel {
 public:
  ConvChainKernel(const KernelRequest& conv, std::unique_ptr<Kernel> conv_kernel,
                  const RangeKernelWithValues& chain, std::unique_ptr<RangeKernel> chain_kernel)
      : conv_(std::move(conv_kernel)),
        partwise_(dynamic_cast<PartwiseKernel*>(conv_.get())),
        chain_(std::move(chain_kernel)),
        waiting_(static_cast<std::size_t>(conv.threads)),
        conv_inputs_(conv.inputs.size()),
        chain_inputs_(chain.inputs.size()) {
    const auto* const found =
        std::find(chain.inputs.begin(), chain.inputs.end(), conv.node.output(0));
    link_ = static_cast<std::size_t>(found - chain.inputs.begin());
    for (std::size_t i = 0; i < chain.outputs.size() && !place_; ++i) {
      const bool is_float = chain.outputs[i]->type().dtype == DataType::kFloat32;
      if (is_float && chain_->may_overwrite(link_, i)) place_ = i;
    }
    layout_.add<std::byte>(static_cast<std::int64_t>(conv_->scratch_bytes()));
    chain_scratch_ = layout_.add<std::byte>(static_cast<std::int64_t>(
        std::max(chain_->scratch_bytes_of(conv.threads), chain_->scratch_bytes())));
    if (!place_) link_scratch_ = layout_.add<float>(element_count(conv.output_dims()));
  }

  std::size_t scratch_bytes() const override { return layout_.bytes(); }
  std::size_t bytes() const override { return conv_->bytes() + chain_->bytes(); }
  std::string implementation() const override { return conv_->implementation(); }

  bool may_overwrite(std::size_t input, std::size_t output) const override {
    if (input < conv_inputs_ || output == place_) return false;
    const std::size_t behind = input - conv_inputs_;
    return chain_->may_overwrite(behind < link_ ? behind : behind + 1, output);
  }

  void run(const Buffers& buffers) override {
    void* link = place_ ? buffers.outputs[*place_] : at<std::byte>(buffers, link_scratch_);
    std::copy_n(buffers.inputs + conv_inputs_, link_, chain_inputs_.begin());
    chain_inputs_[link_] = link;
    std::copy_n(buffers.inputs + conv_inputs_ + link_, chain_inputs_.size() - link_ - 1,
                chain_inputs_.begin() + static_cast<std::ptrdiff_t>(link_) + 1);
    const Buffers conv{buffers.inputs, &link, buffers.scratch};
    const Buffers chain{chain_inputs_.data(), buffers.outputs,
                        at<std::byte>(buffers, chain_scratch_)};
    if (partwise_ == nullptr) {
      conv_->run(conv);
      chain_->run(chain);
    } else {
      run_together(conv, chain);
    }
  }

 private:
  /// What a thread has been told of, one part behind the other, and has not given to the chain yet.
  struct alignas(64) Waiting {
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };

  // Elements that are worth a walk through the chain.
  static constexpr std::int64_t kWorthwhile = 2048;

  void run_together(const Buffers& conv, const Buffers& chain) {
    partwise_->run_parts(conv, [&](std::int64_t begin, std::int64_t end, int thread) {
      Waiting& waiting = waiting_[static_cast<std::size_t>(thread)];
      if (waiting.end != begin) {
        run_chain(chain, thread);
        waiting.begin = begin;
      }
      waiting.end = end;
      if (end - waiting.begin >= kWorthwhile) run_chain(chain, thread);
    });
    for (std::size_t i = 0; i < waiting_.size(); ++i) run_chain(chain, static_cast<int>(i));
  }

  void run_chain(const Buffers& chain, int thread) {
    Waiting& waiting = waiting_[static_cast<std::size_t>(thread)];
    if (waiting.begin < waiting.end) {
      chain_->run_range(chain, waiting.begin, waiting.end, thread);
    }
    waiting.begin = waiting.end;
  }

  std::unique_ptr<Kernel> conv_;
  PartwiseKernel* partwise_;  ///< The same, where it tells of its parts.
  std::unique_ptr<RangeKernel> chain_;
  std::vector<Waiting> waiting_;  ///< Of each thread.
  std::size_t conv_inputs_;
  std::vector<const void*> chain_inputs_;
  std::size_t link_ = 0;              ///< Which input of the chain is the convolution's output.
  std::optional<std::size_t> place_;  ///< Which output of the chain lies over it.
  ScratchLayout layout_;              ///< The convolution's comes first.
  std::size_t chain_scratch_ = 0;
  std::size_t link_scratch_ = 0;
};

}  // namespace

bool can_lead_chain(const KernelRequest& request) {
  const OpDef& op = request.node.op();
  return op.domain == kOnnxDomain && (op.name == "Conv" || op.name == "ConvTranspose") &&
         request.dtype() == DataType::kFloat32;
}

KernelWithValues make_conv_chain(std::span<const KernelRequest* const> members) {
  const KernelRequest& conv = *members.front();
  RangeKernelWithValues chain = make_range_chain(members.subspan(1));
  KernelWithValues result;
  for (const Value* value : conv.node.inputs()) result.inputs.push_back(value);
  for (const Value* value : chain.inputs) {
    if (value != conv.node.output(0)) result.inputs.push_back(value);
  }
  result.outputs = chain.outputs;
  auto kernel = std::move(chain.kernel);
  result.kernel =
      std::make_unique<ConvChainKernel>(conv, make_kernel(conv), chain, std::move(kernel));
  return result;
}

}  // namespace gatefold::native
