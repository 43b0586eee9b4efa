// How options of modules are written: chained setters, lists that expand, and tags that choose among modes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/export.h"
#include "relume/shape.h"

// Declares an option with a setter that can be chained and a getter. A default may follow it:
//   RELUME_ARG(double, momentum) = 0.1;
#define RELUME_ARG(T, name)                  \
 public:                                     \
  auto name(T value)->decltype(*this) {      \
    this->name##_ = static_cast<T&&>(value); \
    return *this;                            \
  }                                          \
  const T& name() const { return name##_; }  \
  T& name() { return name##_; }              \
                                             \
 private:                                    \
  T name##_

// The tags: kMean, kSame, kFanIn. Each is a type of its own, so that an option accepts only those that make sense.
// clang-format off
#define RELUME_FORALL_TAGS(_)                                                                                     \
  _(Linear) _(Conv1D) _(Conv2D) _(Conv3D) _(ConvTranspose1D) _(ConvTranspose2D) _(ConvTranspose3D) _(Sigmoid)     \
  _(Tanh) _(ReLU) _(GELU) _(SiLU) _(Mish) _(SELU) _(LeakyReLU) _(FanIn) _(FanOut) _(Constant) _(Reflect)          \
  _(Replicate) _(Circular) _(Nearest) _(Bilinear) _(Bicubic) _(Trilinear) _(Area) _(NearestExact) _(Sum) _(Mean)  \
  _(Max) _(None) _(BatchMean) _(Zeros) _(Border) _(Reflection) _(RNN_TANH) _(RNN_RELU) _(LSTM) _(GRU) _(Valid)    \
  _(Same)
// clang-format on

namespace relume {
namespace enumtype {

enum class Name : uint8_t {
#define RELUME_TAG(name) name,
  RELUME_FORALL_TAGS(RELUME_TAG)
#undef RELUME_TAG
};
template <Name N>
struct Tag {
  constexpr operator Name() const { return N; }  // NOLINT: implicit, so that tags compare with a Choice
};
#define RELUME_TAG(name) using k##name = Tag<Name::name>;
RELUME_FORALL_TAGS(RELUME_TAG)
#undef RELUME_TAG

// One of the tags given.
template <Name... Allowed>
class Choice {
 public:
  template <Name N, class = std::enable_if_t<((N == Allowed) || ...)>>
  constexpr Choice(Tag<N>) : name_(N) {}  // NOLINT: implicit, options are set with tags
  // Of a program's std::variant of such tags, whose header costs more than all options and is not included here.
  template <class Variant, class = decltype(std::declval<const Variant&>().valueless_by_exception())>
  constexpr Choice(const Variant& tag) : Choice(visit([](auto held) { return Choice(held); }, tag)) {}  // NOLINT
  constexpr operator Name() const { return name_; }                                                     // NOLINT

 private:
  Name name_;
};

// "kMean".
RELUME_API std::string get_enum_name(Name name);

}  // namespace enumtype

#define RELUME_TAG(name) inline constexpr enumtype::k##name k##name{};
RELUME_FORALL_TAGS(RELUME_TAG)
#undef RELUME_TAG

namespace detail {
RELUME_API void check_expanding(size_t expected, size_t got);
}

// D values, given as D of them or as one that stands for all.
template <size_t D, class T = int64_t>
class ExpandingArray {
 public:
  ExpandingArray(std::initializer_list<T> list) : ExpandingArray(list.begin(), list.size()) {}  // NOLINT: implicit
  ExpandingArray(const std::vector<T>& list) : ExpandingArray(list.data(), list.size()) {}      // NOLINT
  ExpandingArray(ArrayRef<T> list) : ExpandingArray(list.data(), list.size()) {}                // NOLINT
  ExpandingArray(const std::array<T, D>& list) : ExpandingArray(list.data(), D) {}              // NOLINT
  ExpandingArray(T value) {                                                                     // NOLINT
    for (T& each : values_) each = value;
  }

  std::array<T, D>& operator*() { return values_; }
  const std::array<T, D>& operator*() const { return values_; }
  std::array<T, D>* operator->() { return &values_; }
  const std::array<T, D>* operator->() const { return &values_; }
  operator ArrayRef<T>() const { return ArrayRef<T>(values_.data(), D); }  // NOLINT
  size_t size() const { return D; }

 private:
  ExpandingArray(const T* data, size_t size) {
    detail::check_expanding(D, size);
    for (size_t i = 0; i < D; ++i) values_[i] = data[i];
  }
  std::array<T, D> values_;
};

// The same, where a value may be left out: ExpandingArrayWithOptionalElem<2>({5, std::nullopt}).
template <size_t D, class T = int64_t>
class ExpandingArrayWithOptionalElem : public ExpandingArray<D, std::optional<T>> {
 public:
  using Base = ExpandingArray<D, std::optional<T>>;
  using Base::Base;
  ExpandingArrayWithOptionalElem(std::initializer_list<std::optional<T>> list) : Base(list) {}  // NOLINT
  ExpandingArrayWithOptionalElem(T value) : Base(std::optional<T>(value)) {}                    // NOLINT
  ExpandingArrayWithOptionalElem(const std::vector<T>& list)                                    // NOLINT
      : Base(std::vector<std::optional<T>>(list.begin(), list.end())) {}
};
// "[None, 5]".
RELUME_API std::ostream& operator<<(std::ostream& stream, ArrayRef<std::optional<int64_t>> list);
RELUME_API std::ostream& operator<<(std::ostream& stream, ArrayRef<std::optional<double>> list);
// "[0.5, 2]".
RELUME_API std::ostream& operator<<(std::ostream& stream, ArrayRef<double> list);

namespace nn {

// How a loss makes one number of many: kNone keeps them, kMean, kSum.
using Reduction = enumtype::Choice<enumtype::Name::None, enumtype::Name::Mean, enumtype::Name::Sum>;

}  // namespace nn
}  // namespace relume
