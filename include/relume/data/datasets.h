// Data sets: the base classes that users derive from, map(), and data sets of tensors and of IDX files.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/data/example.h"
#include "relume/export.h"
#include "relume/ops.h"

namespace relume::serialize {
class OutputArchive;
class InputArchive;
}  // namespace relume::serialize

namespace relume::data::datasets {

template <class Source, class Transform>
class MapDataset;

namespace detail {
template <class T>
inline constexpr bool is_optional_v = false;
template <class T>
inline constexpr bool is_optional_v<std::optional<T>> = true;
}  // namespace detail

// A data set that gives a batch for a request. Self is the derived class, which must be copyable: each worker of a
// DataLoader reads from a copy of its own.
template <class Self, class Batch = std::vector<Example<>>, class BatchRequest = ArrayRef<size_t>>
class BatchDataset {
 public:
  using SelfType = Self;
  using BatchType = Batch;
  using BatchRequestType = BatchRequest;
  // Whether the data set decides itself when an epoch is over, by giving no batch.
  static constexpr bool is_stateful = detail::is_optional_v<Batch>;

  virtual ~BatchDataset() = default;

  virtual Batch get_batch(BatchRequest request) = 0;
  // The number of examples, where it is known.
  virtual std::optional<size_t> size() const = 0;

  // This data set with `transform` applied to every batch.
  template <class Transform>
  MapDataset<Self, Transform> map(Transform transform) & {
    return {static_cast<Self&>(*this), std::move(transform)};
  }
  template <class Transform>
  MapDataset<Self, Transform> map(Transform transform) && {
    return {std::move(static_cast<Self&>(*this)), std::move(transform)};
  }
};

// A data set that gives one example for an index; a batch is a list of them.
template <class Self, class SingleExample = Example<>>
class Dataset : public BatchDataset<Self, std::vector<SingleExample>> {
 public:
  using ExampleType = SingleExample;

  virtual ExampleType get(size_t index) = 0;

  std::vector<ExampleType> get_batch(ArrayRef<size_t> indices) override {
    std::vector<ExampleType> batch;
    batch.reserve(indices.size());
    for (const size_t index : indices) batch.push_back(get(index));
    return batch;
  }
};

// A potentially infinite data set, which is asked for a number of examples.
template <class Self, class Batch = std::vector<Example<>>>
using StreamDataset = BatchDataset<Self, Batch, size_t>;

// A data set that knows where in its epoch it is: get_batch() gives nothing at the end, and reset() starts another
// one. All workers of a DataLoader read from the same one, which must allow that.
template <class Self, class Batch = std::vector<Example<>>, class BatchRequest = size_t>
class StatefulDataset : public BatchDataset<Self, std::optional<Batch>, BatchRequest> {
 public:
  virtual void reset() = 0;
  // Where in the epoch it is: written to an archive, and read from one.
  virtual void save(serialize::OutputArchive& archive) const = 0;
  virtual void load(serialize::InputArchive& archive) = 0;
};
template <class... Args>
serialize::OutputArchive& operator<<(serialize::OutputArchive& archive, const StatefulDataset<Args...>& dataset) {
  dataset.save(archive);
  return archive;
}
template <class... Args>
serialize::InputArchive& operator>>(serialize::InputArchive& archive, StatefulDataset<Args...>& dataset) {
  dataset.load(archive);
  return archive;
}

// A handle to a data set: its copies, one for each worker of a DataLoader, are the same data set.
template <class Source>
class SharedBatchDataset
    : public BatchDataset<SharedBatchDataset<Source>, typename Source::BatchType, typename Source::BatchRequestType> {
 public:
  using BatchType = typename Source::BatchType;
  using BatchRequestType = typename Source::BatchRequestType;

  SharedBatchDataset(std::shared_ptr<Source> dataset) : dataset_(std::move(dataset)) {}  // NOLINT: as in libtorch

  BatchType get_batch(BatchRequestType request) override { return dataset_->get_batch(std::move(request)); }
  std::optional<size_t> size() const override { return dataset_->size(); }
  // For data sets that have it.
  void reset() { dataset_->reset(); }

  Source& operator*() { return *dataset_; }
  const Source& operator*() const { return *dataset_; }
  Source* operator->() { return dataset_.get(); }
  const Source* operator->() const { return dataset_.get(); }

 private:
  std::shared_ptr<Source> dataset_;
};

// A shared data set, made of the arguments of its constructor.
template <class Source, class... Args>
SharedBatchDataset<Source> make_shared_dataset(Args&&... args) {
  return std::make_shared<Source>(std::forward<Args>(args)...);
}

// A data set whose batches go through a transform.
template <class Source, class Transform>
class MapDataset
    : public BatchDataset<MapDataset<Source, Transform>,
                          std::conditional_t<Source::is_stateful, std::optional<typename Transform::OutputBatchType>,
                                             typename Transform::OutputBatchType>,
                          typename Source::BatchRequestType> {
 public:
  using DatasetType = Source;
  using TransformType = Transform;
  using BatchRequestType = typename Source::BatchRequestType;
  using OutputBatchType = typename MapDataset::BatchType;

  MapDataset(Source dataset, Transform transform) : dataset_(std::move(dataset)), transform_(std::move(transform)) {}

  OutputBatchType get_batch(BatchRequestType request) override {
    if constexpr (Source::is_stateful) {
      auto batch = dataset_.get_batch(std::move(request));
      if (!batch) return std::nullopt;
      return transform_.apply_batch(std::move(*batch));
    } else {
      return transform_.apply_batch(dataset_.get_batch(std::move(request)));
    }
  }
  std::optional<size_t> size() const override { return dataset_.size(); }
  // For data sets that have it.
  void reset() { dataset_.reset(); }

  const Source& dataset() const { return dataset_; }
  const Transform& transform() const { return transform_; }

 private:
  Source dataset_;
  Transform transform_;
};

// map(dataset, transform) is dataset.map(transform).
template <class Source, class Transform>
MapDataset<Source, Transform> map(Source dataset, Transform transform) {
  return {std::move(dataset), std::move(transform)};
}

// The slices of a tensor along its first dimension.
struct RELUME_API TensorDataset : public Dataset<TensorDataset, TensorExample> {
  explicit TensorDataset(const std::vector<Tensor>& tensors);
  explicit TensorDataset(Tensor tensor);

  TensorExample get(size_t index) override;
  std::optional<size_t> size() const override;

  Tensor tensor;
};

// The MNIST family: 28 x 28 images of ten classes, in IDX files with MNIST's names, gzip-compressed or not.
class RELUME_API MNIST : public Dataset<MNIST> {
 public:
  enum Mode { kTrain, kTest };

  // Reads <root>/train-images-idx3-ubyte, train-labels-idx1-ubyte, or the t10k- files, each with .gz where it is
  // compressed. Throws Error where a file is missing or damaged, or where images and labels don't fit together.
  explicit MNIST(const std::string& root, Mode mode = Mode::kTrain);

  Example<> get(size_t index) override;
  std::optional<size_t> size() const override;

  bool is_train() const { return is_train_; }
  const Tensor& images() const { return images_; }    // float [N, 1, 28, 28], from 0 to 1
  const Tensor& targets() const { return targets_; }  // int64 [N]

 private:
  bool is_train_;
  Tensor images_;
  Tensor targets_;
};

}  // namespace relume::data::datasets

namespace relume::data {
using datasets::BatchDataset;
using datasets::Dataset;
}  // namespace relume::data
