// torch::save and torch::load, of modules, optimizers and tensors. The files written are safetensors; those of libtorch
// and PyTorch are read too.
#pragma once

#include <torch/types.h>

namespace torch {
namespace serialize {
using namespace relume::serialize;
}

// A value as the bytes of a file, and back.
inline std::vector<char> pickle_save(const relume::IValue& value) {
  std::vector<char> bytes;
  serialize::OutputArchive archive;
  archive.write("0", value);
  archive.save_to([&](const void* data, size_t size) {
    bytes.assign(static_cast<const char*>(data), static_cast<const char*>(data) + size);
  });
  return bytes;
}
inline relume::IValue pickle_load(const std::vector<char>& bytes) {
  serialize::InputArchive archive;
  archive.load_from(bytes.data(), bytes.size());
  relume::IValue value;
  archive.read("0", value);
  return value;
}
}  // namespace torch
