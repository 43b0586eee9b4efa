// AT_DISPATCH_*: a lambda called with scalar_t the C++ type of a dtype.
#pragma once

#include <c10/util/Exception.h>
#include <relume/dtype.h>

namespace at::detail {
using relume::BFloat16;
using relume::Half;
template <relume::ScalarType>
struct TypeOf;
#define RELUME_TYPE_OF(cpp_type, name, python) \
  template <>                                  \
  struct TypeOf<relume::ScalarType::name> {    \
    using type = cpp_type;                     \
  };
RELUME_FORALL_DTYPES(RELUME_TYPE_OF)
#undef RELUME_TYPE_OF
}  // namespace at::detail

// One dtype, which is a constant, with a name for its type.
#define AT_DISPATCH_CASE_AS_(alias, scalar_type, ...)                                \
  case scalar_type: {                                                                \
    using alias [[maybe_unused]] = typename ::at::detail::TypeOf<scalar_type>::type; \
    return __VA_ARGS__();                                                            \
  }
#define AT_DISPATCH_CASE(scalar_type, ...) AT_DISPATCH_CASE_AS_(scalar_t, scalar_type, __VA_ARGS__)
#define AT_DISPATCH_CASE_NAMED_(name, ...) AT_DISPATCH_CASE(::relume::ScalarType::name, __VA_ARGS__)
// Calls the lambda of the case that `dtype` is; other dtypes are an error that names `name`.
#define AT_DISPATCH_SWITCH(dtype, name, ...)                                                          \
  [&] {                                                                                               \
    switch (const ::relume::ScalarType dispatched = dtype) {                                          \
      __VA_ARGS__                                                                                     \
      default:                                                                                        \
        throw ::c10::NotImplementedError(                                                             \
            ::c10::str('"', name, "\" not implemented for '", ::relume::to_string(dispatched), "'")); \
    }                                                                                                 \
  }()

// Groups of dtypes; _AND and a number: the same with as many more, which are constants.
#define AT_DISPATCH_CASE_FLOATING_TYPES(...) \
  AT_DISPATCH_CASE_NAMED_(Double, __VA_ARGS__) AT_DISPATCH_CASE_NAMED_(Float, __VA_ARGS__)
#define AT_DISPATCH_CASE_REDUCED_FLOATING_TYPES(...) \
  AT_DISPATCH_CASE_NAMED_(Half, __VA_ARGS__) AT_DISPATCH_CASE_NAMED_(BFloat16, __VA_ARGS__)
#define AT_DISPATCH_CASE_FLOATING_TYPES_AND_HALF(...) \
  AT_DISPATCH_CASE_FLOATING_TYPES(__VA_ARGS__) AT_DISPATCH_CASE_NAMED_(Half, __VA_ARGS__)
#define AT_DISPATCH_CASE_INTEGRAL_TYPES(...)  \
  AT_DISPATCH_CASE_NAMED_(Byte, __VA_ARGS__)  \
  AT_DISPATCH_CASE_NAMED_(Char, __VA_ARGS__)  \
  AT_DISPATCH_CASE_NAMED_(Short, __VA_ARGS__) \
  AT_DISPATCH_CASE_NAMED_(Int, __VA_ARGS__)   \
  AT_DISPATCH_CASE_NAMED_(Long, __VA_ARGS__)
#define AT_DISPATCH_CASE_ALL_TYPES(...) \
  AT_DISPATCH_CASE_FLOATING_TYPES(__VA_ARGS__) AT_DISPATCH_CASE_INTEGRAL_TYPES(__VA_ARGS__)
#define AT_DISPATCH_CASE_FLOATING_TYPES_AND(a, ...) \
  AT_DISPATCH_CASE_FLOATING_TYPES(__VA_ARGS__) AT_DISPATCH_CASE(a, __VA_ARGS__)
#define AT_DISPATCH_CASE_FLOATING_TYPES_AND2(a, b, ...) \
  AT_DISPATCH_CASE_FLOATING_TYPES_AND(a, __VA_ARGS__) AT_DISPATCH_CASE(b, __VA_ARGS__)
#define AT_DISPATCH_CASE_FLOATING_TYPES_AND3(a, b, c, ...) \
  AT_DISPATCH_CASE_FLOATING_TYPES_AND2(a, b, __VA_ARGS__) AT_DISPATCH_CASE(c, __VA_ARGS__)
#define AT_DISPATCH_CASE_FLOATING_TYPES_AND4(a, b, c, d, ...) \
  AT_DISPATCH_CASE_FLOATING_TYPES_AND3(a, b, c, __VA_ARGS__) AT_DISPATCH_CASE(d, __VA_ARGS__)
#define AT_DISPATCH_CASE_INTEGRAL_TYPES_AND(a, ...) \
  AT_DISPATCH_CASE_INTEGRAL_TYPES(__VA_ARGS__) AT_DISPATCH_CASE(a, __VA_ARGS__)
#define AT_DISPATCH_CASE_ALL_TYPES_AND(a, ...) AT_DISPATCH_CASE_ALL_TYPES(__VA_ARGS__) AT_DISPATCH_CASE(a, __VA_ARGS__)
#define AT_DISPATCH_CASE_ALL_TYPES_AND2(a, b, ...) \
  AT_DISPATCH_CASE_ALL_TYPES_AND(a, __VA_ARGS__) AT_DISPATCH_CASE(b, __VA_ARGS__)
#define AT_DISPATCH_CASE_ALL_TYPES_AND3(a, b, c, ...) \
  AT_DISPATCH_CASE_ALL_TYPES_AND2(a, b, __VA_ARGS__) AT_DISPATCH_CASE(c, __VA_ARGS__)
#define AT_DISPATCH_CASE_ALL_TYPES_AND4(a, b, c, d, ...) \
  AT_DISPATCH_CASE_ALL_TYPES_AND3(a, b, c, __VA_ARGS__) AT_DISPATCH_CASE(d, __VA_ARGS__)

#define AT_DISPATCH_FLOATING_TYPES(dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_FLOATING_TYPES(__VA_ARGS__))
#define AT_DISPATCH_REDUCED_FLOATING_TYPES(dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_REDUCED_FLOATING_TYPES(__VA_ARGS__))
#define AT_DISPATCH_FLOATING_TYPES_AND_HALF(dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_FLOATING_TYPES_AND_HALF(__VA_ARGS__))
#define AT_DISPATCH_INTEGRAL_TYPES(dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_INTEGRAL_TYPES(__VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES(dtype, name, ...) AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_ALL_TYPES(__VA_ARGS__))
#define AT_DISPATCH_FLOATING_TYPES_AND(a, dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_FLOATING_TYPES_AND(a, __VA_ARGS__))
#define AT_DISPATCH_FLOATING_TYPES_AND2(a, b, dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_FLOATING_TYPES_AND2(a, b, __VA_ARGS__))
#define AT_DISPATCH_FLOATING_TYPES_AND3(a, b, c, dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_FLOATING_TYPES_AND3(a, b, c, __VA_ARGS__))
#define AT_DISPATCH_FLOATING_TYPES_AND4(a, b, c, d, dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_FLOATING_TYPES_AND4(a, b, c, d, __VA_ARGS__))
#define AT_DISPATCH_INTEGRAL_TYPES_AND(a, dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_INTEGRAL_TYPES_AND(a, __VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES_AND(a, dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_ALL_TYPES_AND(a, __VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES_AND2(a, b, dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_ALL_TYPES_AND2(a, b, __VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES_AND3(a, b, c, dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_ALL_TYPES_AND3(a, b, c, __VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES_AND4(a, b, c, d, dtype, name, ...) \
  AT_DISPATCH_SWITCH(dtype, name, AT_DISPATCH_CASE_ALL_TYPES_AND4(a, b, c, d, __VA_ARGS__))
// The types of indices, called index_t.
#define AT_DISPATCH_INDEX_TYPES(dtype, name, ...)                                          \
  AT_DISPATCH_SWITCH(dtype, name,                                                          \
                     AT_DISPATCH_CASE_AS_(index_t, ::relume::ScalarType::Int, __VA_ARGS__) \
                         AT_DISPATCH_CASE_AS_(index_t, ::relume::ScalarType::Long, __VA_ARGS__))
