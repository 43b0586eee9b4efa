// What tests of autograd say of tensors and errors.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "relume/ops.h"
#include "relume/printing.h"

namespace relume {

// Whether the tensor, flattened, holds exactly these values.
inline testing::AssertionResult holds(const Tensor& tensor, const std::vector<double>& values) {
  if (!tensor.defined()) return testing::AssertionFailure() << "the tensor is undefined";
  const Tensor flat = tensor.detach().to(kDouble).reshape({-1});
  bool same = flat.numel() == static_cast<int64_t>(values.size());
  for (size_t i = 0; same && i < values.size(); ++i) same = flat.data_ptr<double>()[i] == values[i];
  return same ? testing::AssertionSuccess() : testing::AssertionFailure() << "it holds " << repr(tensor);
}

// The text of the Error that body throws; empty where it throws none.
template <class F>
std::string error_of(F&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace relume

#define EXPECT_VALUES(tensor, ...) EXPECT_TRUE(::relume::holds(tensor, std::vector<double> __VA_ARGS__))
#define EXPECT_ERROR(statement, text) EXPECT_THAT(::relume::error_of([&] { statement; }), ::testing::HasSubstr(text))
