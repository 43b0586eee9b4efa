// AnyFunction: whatever can be called in a given way.
#pragma once

#include <type_traits>
#include <utility>

#include "relume/owned.h"

namespace relume::detail {

template <class Signature>
class AnyFunction;

// A copy of anything that can be called so, or nothing; copies of it hold copies. Unlike std::function it needs no
// <functional>. Only what holds something can be called.
template <class Result, class... Args>
class AnyFunction<Result(Args...)> {
 public:
  AnyFunction() = default;
  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, AnyFunction>>,
            class = std::enable_if_t<std::is_invocable_r_v<Result, std::decay_t<F>&, Args...>>>
  AnyFunction(F&& function) : callable_(new CallableOf<std::decay_t<F>>(std::forward<F>(function))) {}  // NOLINT
  AnyFunction(const AnyFunction& other) : callable_(other ? other.callable_->copy() : nullptr) {}
  AnyFunction(AnyFunction&&) noexcept = default;
  AnyFunction& operator=(AnyFunction other) noexcept {
    callable_ = std::move(other.callable_);
    return *this;
  }
  explicit operator bool() const { return callable_.get() != nullptr; }
  Result operator()(Args... args) const { return callable_->call(std::forward<Args>(args)...); }

 private:
  struct Callable {
    virtual ~Callable() = default;
    virtual Callable* copy() const = 0;
    virtual Result call(Args... args) = 0;
  };
  template <class F>
  struct CallableOf final : Callable {
    explicit CallableOf(F f) : function(std::move(f)) {}
    Callable* copy() const override { return new CallableOf(function); }
    Result call(Args... args) override { return function(std::forward<Args>(args)...); }
    F function;
  };
  Owned<Callable> callable_;
};

}  // namespace relume::detail
