// Data sets: the base classes that users derive from, map(), and data sets of tensors and of IDX files.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/data/example.h"
#include "relume/export.h"
#include "relume/ops.h"

namespace relume::data::datasets {

template <class Source, class Transform>
class MapDataset;

// A data set that gives a batch for a request. Self is the derived class, which must be copyable: each worker of a
// DataLoader reads from a copy of its own.
template <class Self, class Batch = std::vector<Example<>>, class BatchRequest = ArrayRef<size_t>>
class BatchDataset {
 public:
  using SelfType = Self;
  using BatchType = Batch;
  using BatchRequestType = BatchRequest;
  static constexpr bool is_stateful = false;

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

// A data set whose batches go through a transform.
template <class Source, class Transform>
class MapDataset : public BatchDataset<MapDataset<Source, Transform>, typename Transform::OutputBatchType,
                                       typename Source::BatchRequestType> {
 public:
  using DatasetType = Source;
  using TransformType = Transform;
  using BatchRequestType = typename Source::BatchRequestType;
  using OutputBatchType = typename Transform::OutputBatchType;

  MapDataset(Source dataset, Transform transform) : dataset_(std::move(dataset)), transform_(std::move(transform)) {}

  OutputBatchType get_batch(BatchRequestType request) override {
    return transform_.apply_batch(dataset_.get_batch(std::move(request)));
  }
  std::optional<size_t> size() const override { return dataset_.size(); }

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
