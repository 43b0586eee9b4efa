// The methods of Tensor call the ops.
#include "ops/methods.h"

#include "relume/special.h"

namespace relume {

#define RELUME_LIST(...) __VA_ARGS__
#define RELUME_METHOD(result, name, function, parameters, ...) \
  result Tensor::name parameters const { return relume::function(__VA_ARGS__); }
#include "ops/methods.inc"

}  // namespace relume
