#include "session/training/checkpoint.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "ir/error.h"
#include "session/arrays/files.h"
#include "session/arrays/npz.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;

constexpr const char* kState = "state/";
constexpr const char* kCarried = "carried/";
constexpr const char* kBest = "best/";

/// One array of an archive, checked.
const Tensor& array_of(const std::map<std::string, Tensor>& arrays, const std::string& name) {
  const auto found = arrays.find(name);
  if (found == arrays.end()) fail("it has no array '{}'; it is of another model or plan", name);
  return found->second;
}

std::int64_t integer_of(const std::map<std::string, Tensor>& arrays, const std::string& name) {
  return static_cast<std::int64_t>(array_of(arrays, name).number_at(0));
}

std::vector<Tensor> read_states(const std::map<std::string, Tensor>& arrays,
                                const Trainer& trainer) {
  std::vector<Tensor> states;
  for (std::size_t i = 0; i < trainer.states().size(); ++i) {
    const std::string name = kState + trainer.state_descriptions()[i].name;
    const Tensor& ours = trainer.states()[i];
    const Tensor& theirs = array_of(arrays, name);
    if (theirs.dtype() != ours.dtype() || theirs.dims() != ours.dims()) {
      fail("array '{}' is {}, but the run has {}", name, to_string(theirs.type()),
           to_string(ours.type()));
    }
    states.push_back(theirs);
  }
  const auto is_state = [](const auto& entry) { return entry.first.starts_with(kState); };
  if (std::count_if(arrays.begin(), arrays.end(), is_state) !=
      static_cast<std::ptrdiff_t>(states.size())) {
    fail("it has other states than the run; it is of another model or plan");
  }
  return states;
}

std::vector<Tensor> read_carried(const std::map<std::string, Tensor>& arrays,
                                 const Trainer& trainer) {
  std::vector<Tensor> carried;
  for (std::size_t i = 0; arrays.contains(kCarried + std::to_string(i)); ++i) {
    carried.push_back(arrays.at(kCarried + std::to_string(i)));
  }
  if (!carried.empty() && carried.size() != trainer.carried_count()) {
    fail("it carries {} states, but the run {}", carried.size(), trainer.carried_count());
  }
  return carried;
}

BestEpoch read_best(const std::map<std::string, Tensor>& arrays) {
  BestEpoch best{.epochs = integer_of(arrays, "epochs_ended"),
                 .bad_epochs = integer_of(arrays, "bad_epochs"),
                 .loss = array_of(arrays, "best_loss").number_at(0)};
  for (const auto& [name, array] : arrays) {
    if (name.starts_with(kBest)) best.weights[name.substr(std::strlen(kBest))] = array;
  }
  return best;
}

RunPosition restore(const std::map<std::string, Tensor>& arrays, Trainer& trainer) {
  trainer.restore(read_states(arrays, trainer), read_carried(arrays, trainer),
                  integer_of(arrays, "steps"));
  trainer.schedule().restore({array_of(arrays, "plateau_best").number_at(0),
                              integer_of(arrays, "plateau_bad_epochs"),
                              integer_of(arrays, "plateau_reductions")});
  return {integer_of(arrays, "epoch"),
          integer_of(arrays, "batch"),
          integer_of(arrays, "batches_per_epoch"),
          {array_of(arrays, "loss_sum").number_at(0), integer_of(arrays, "losses"),
           integer_of(arrays, "hits"), integer_of(arrays, "targets"),
           integer_of(arrays, "empty_batches")},
          read_best(arrays)};
}

}  // namespace

void prepare_checkpoints(const fs::path& folder) {
  make_folder(folder);
  check_writable(folder / kCheckpointFile);
}

void write_checkpoint(const fs::path& folder, const Trainer& trainer, const RunPosition& position) {
  std::vector<std::pair<std::string, Tensor>> arrays;
  for (std::size_t i = 0; i < trainer.states().size(); ++i) {
    arrays.emplace_back(kState + trainer.state_descriptions()[i].name, trainer.states()[i]);
  }
  for (std::size_t i = 0; i < trainer.carried().size(); ++i) {
    arrays.emplace_back(kCarried + std::to_string(i), trainer.carried()[i]);
  }
  const Schedule::Plateau& plateau = trainer.schedule().plateau();
  arrays.emplace_back("steps", Tensor::scalar(trainer.steps_done()));
  arrays.emplace_back("epoch", Tensor::scalar(position.epoch));
  arrays.emplace_back("batch", Tensor::scalar(position.batch));
  arrays.emplace_back("batches_per_epoch", Tensor::scalar(position.batches_per_epoch));
  arrays.emplace_back("loss_sum", Tensor::scalar(position.sums.loss));
  arrays.emplace_back("losses", Tensor::scalar(position.sums.losses));
  arrays.emplace_back("hits", Tensor::scalar(position.sums.hits));
  arrays.emplace_back("targets", Tensor::scalar(position.sums.targets));
  arrays.emplace_back("empty_batches", Tensor::scalar(position.sums.empty_batches));
  arrays.emplace_back("epochs_ended", Tensor::scalar(position.best.epochs));
  arrays.emplace_back("bad_epochs", Tensor::scalar(position.best.bad_epochs));
  arrays.emplace_back("best_loss", Tensor::scalar(position.best.loss));
  for (const auto& [name, weight] : position.best.weights) {
    arrays.emplace_back(kBest + name, weight);
  }
  arrays.emplace_back("plateau_best", Tensor::scalar(plateau.best));
  arrays.emplace_back("plateau_bad_epochs", Tensor::scalar(plateau.bad_epochs));
  arrays.emplace_back("plateau_reductions", Tensor::scalar(plateau.reductions));
  write_npz(folder / kCheckpointFile, arrays);
}

RunPosition read_checkpoint(const fs::path& folder, Trainer& trainer) {
  const fs::path path = folder / kCheckpointFile;
  if (!fs::exists(path)) fail("'{}' does not exist; there is nothing to resume", path.string());
  const auto arrays = read_npz(path);
  try {
    return restore(arrays, trainer);
  } catch (const Error& error) {
    fail("'{}': {}", path.string(), error.what());
  }
}

}  // namespace gatefold
