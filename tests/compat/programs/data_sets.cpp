// Data sets, samplers and loaders of every kind: batches in order, streams, shared and stateful data, chunks, errors.
#include <chrono>
#include <exception>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cases.h"

namespace {

using namespace torch::data;

struct Word {
  torch::Tensor letters;
  std::string text;
};

// The words w0, w1, ...; one of them cannot be read.
class Words : public datasets::Dataset<Words, Word> {
 public:
  explicit Words(size_t count) : count_(count) {}
  Word get(size_t index) override {
    if (index == 13) throw std::runtime_error("unlucky 13");
    return {torch::full({2}, static_cast<double>(index)), "w" + std::to_string(index)};
  }
  std::optional<size_t> size() const override { return count_; }

 private:
  size_t count_;
};

struct Sentence {
  torch::Tensor letters;
  std::vector<std::string> texts;
};
struct Join : transforms::Collation<Sentence, std::vector<Word>> {
  Sentence apply_batch(std::vector<Word> words) override {
    Sentence sentence;
    std::vector<torch::Tensor> letters;
    for (const Word& word : words) {
      letters.push_back(word.letters);
      sentence.texts.push_back(word.text);
    }
    sentence.letters = torch::stack(letters);
    return sentence;
  }
};

// The numbers from 0 on, as many as are asked for.
struct Numbers : datasets::StreamDataset<Numbers, std::vector<int>> {
  std::vector<int> get_batch(size_t count) override {
    std::vector<int> batch(count);
    for (int& number : batch) number = next++;
    return batch;
  }
  std::optional<size_t> size() const override { return std::nullopt; }
  int next = 0;
};

// Counts to five.
struct Counter : datasets::StatefulDataset<Counter, int> {
  std::optional<int> get_batch(size_t) override { return count < 5 ? std::optional<int>(count++) : std::nullopt; }
  std::optional<size_t> size() const override { return std::nullopt; }
  void reset() override { count = 0; }
  void save(torch::serialize::OutputArchive& archive) const override { archive.write("count", torch::tensor(count)); }
  void load(torch::serialize::InputArchive& archive) override {
    torch::Tensor read;
    archive.read("count", read);
    count = read.item<int>();
  }
  int count = 0;
};

// Chunks of three examples and more; one chunk may not be readable.
struct Chunks : datasets::ChunkDataReader<int> {
  using BatchType = ChunkType;
  explicit Chunks(size_t bad = 9) : bad(bad) {}
  ChunkType read_chunk(size_t chunk) override {
    if (chunk == bad) throw std::runtime_error("a bad chunk");
    ChunkType examples;
    for (size_t i = 0; i < 3 + chunk; ++i) examples.push_back(static_cast<int>(100 * chunk + i));
    return examples;
  }
  size_t chunk_count() override { return 3; }
  void reset() override {}
  size_t bad;
};

// Every other index.
class Even : public samplers::Sampler<> {
 public:
  explicit Even(size_t size) : size_(size) {}
  void reset(std::optional<size_t> size = std::nullopt) override {
    size_ = size.value_or(size_);
    next_ = 0;
  }
  std::optional<std::vector<size_t>> next(size_t batch_size) override {
    std::vector<size_t> batch;
    for (; batch.size() < batch_size && next_ < size_; next_ += 2) batch.push_back(next_);
    return batch.empty() ? std::nullopt : std::optional(batch);
  }
  void save(torch::serialize::OutputArchive&) const override {}
  void load(torch::serialize::InputArchive&) override {}

 private:
  size_t size_, next_ = 0;
};

template <class Loader>
void print_epochs(Loader& loader, int count = 1) {
  for (int epoch = 0; epoch < count; ++epoch) {
    for (auto& batch : loader) std::cout << batch << " | ";
    std::cout << "\n";
  }
}

template <class Sampler>
Sampler saved_and_loaded(const Sampler& sampler, Sampler other) {
  std::stringstream stream;
  torch::save(sampler, stream);
  torch::load(other, stream);
  return other;
}

void print_loaders() {
  run_case("collate", [] {
    auto loader = make_data_loader<samplers::SequentialSampler>(Words(7).map(Join()),
                                                                DataLoaderOptions(3).workers(1).max_jobs(4));
    for (auto& batch : *loader) std::cout << batch.letters << batch.texts << "\n";
    const auto& options = loader->options();
    std::cout << options.batch_size << options.workers << options.max_jobs << options.drop_last
              << options.enforce_ordering << options.timeout.has_value() << "\n";
  });
  run_case("a sampler of one's own", [] {
    auto loader = make_data_loader(Words(7), Even(7),
                                   DataLoaderOptions().batch_size(2).workers(2).timeout(std::chrono::seconds(60)));
    for (int epoch = 0; epoch < 2; ++epoch)
      for (auto& batch : *loader)
        for (const Word& word : batch) std::cout << word.text << " ";
    std::cout << loader->options().timeout->count() << "\n";
  });
  run_case("stream", [] {
    auto loader = make_data_loader(Numbers(), samplers::StreamSampler(10), 4);
    print_epochs(*loader);
    auto full = make_data_loader(Numbers(), samplers::StreamSampler(10), DataLoaderOptions(4).drop_last(true));
    print_epochs(*full);
  });
  run_case("stateful", [] {
    auto loader = make_data_loader(Counter(), 1);
    print_epochs(*loader, 2);
    auto mapped = make_data_loader(Counter().map(transforms::BatchLambda<int, double>([](int x) { return x / 2.0; })));
    print_epochs(*mapped, 2);
    Counter counter, other;
    counter.count = 3;
    std::stringstream stream;
    torch::save(counter, stream);
    torch::load(other, stream);
    std::cout << other.count << "\n";
  });
  run_case("shared", [] {
    auto numbers = datasets::make_shared_dataset<Numbers>();
    auto loader = make_data_loader(numbers, samplers::StreamSampler(6), 2);
    print_epochs(*loader);
    std::cout << numbers->next << (*numbers).size().has_value() << "\n";
  });
  run_case("a worker's exception", [] {
    auto loader = make_data_loader<samplers::SequentialSampler>(Words(15), DataLoaderOptions(5).workers(1));
    try {
      for (auto& batch : *loader) std::cout << batch.size() << "\n";
    } catch (const WorkerException& error) {
      std::cout << error.what() << "\n";
    }
  });
}

void print_chunks() {
  using Data = datasets::ChunkDataset<Chunks, samplers::SequentialSampler, samplers::SequentialSampler>;
  const samplers::SequentialSampler in_order(0);
  run_case("chunks", [&] {
    auto data = datasets::make_shared_dataset<Data>(Chunks(), in_order, in_order, datasets::ChunkDatasetOptions(1, 4));
    print_error([&] { data->get_batch(4); });
    auto loader = make_data_loader(data, 4);
    print_epochs(*loader, 2);
    print_error([&] { data->get_batch(5); });
  });
  run_case("chunks together", [&] {
    torch::manual_seed(2);
    using Shuffled = datasets::ChunkDataset<Chunks>;
    auto data = datasets::make_shared_dataset<Shuffled>(
        Chunks(), samplers::RandomSampler(0), samplers::RandomSampler(0), datasets::ChunkDatasetOptions(1, 5, 20, 3),
        [](std::vector<int>& chunk) { chunk.pop_back(); });
    auto loader = make_data_loader(data, 5);
    print_epochs(*loader, 2);
  });
  run_case("a bad chunk", [&] {
    auto data = datasets::make_shared_dataset<Data>(Chunks(1), in_order, in_order, datasets::ChunkDatasetOptions(1, 3));
    auto loader = make_data_loader(data, 3);
    try {
      print_epochs(*loader);
    } catch (const std::exception& error) {
      std::cout << error.what() << "\n";
    }
  });
  print_error([] { datasets::ChunkDatasetOptions(0, 5); });
  print_error([] { datasets::ChunkDatasetOptions(1, 0); });
  print_error([] { datasets::ChunkDatasetOptions(1, 5, 0); });
  print_error([] { datasets::ChunkDatasetOptions(1, 5, 2); });
  print_error([] { datasets::ChunkDatasetOptions(1, 5, 9, 0); });
}

void print_samplers() {
  run_case("distributed", [] {
    for (const bool allow_duplicates : {true, false}) {
      for (size_t rank = 0; rank < 3; ++rank) {
        samplers::DistributedSequentialSampler ordered(7, 3, rank, allow_duplicates);
        samplers::DistributedRandomSampler shuffled(7, 3, rank, allow_duplicates);
        std::cout << ordered.next(2).value() << " / " << shuffled.next(5).value() << " / " << ordered.index()
                  << shuffled.index() << shuffled.next(1).has_value() << "\n";
        shuffled.set_epoch(3);
        shuffled.reset(12);
        std::cout << shuffled.next(9).value() << " / " << shuffled.epoch() << "\n";
      }
    }
  });
  run_case("saved", [] {
    samplers::SequentialSampler ordered(5);
    ordered.next(2);
    print(saved_and_loaded(ordered, samplers::SequentialSampler(5)).next(9).value());
    torch::manual_seed(0);
    samplers::RandomSampler shuffled(5);
    shuffled.next(2);
    print(saved_and_loaded(shuffled, samplers::RandomSampler(5)).next(9).value());
    samplers::StreamSampler stream(7);
    stream.next(4);
    print(saved_and_loaded(stream, samplers::StreamSampler(7)).next(9).value().size());
    samplers::DistributedRandomSampler shared(9, 2, 1);
    shared.set_epoch(4);
    shared.reset();
    shared.next(2);
    print(saved_and_loaded(shared, samplers::DistributedRandomSampler(9, 2, 1)).next(9).value());
  });
}

}  // namespace

int main() {
  print_loaders();
  print_chunks();
  print_samplers();
  return 0;
}
