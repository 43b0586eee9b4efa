// Names of tags, and the check and the text of lists that expand.
#include "relume/nn/options.h"

#include "core/check.h"
#include "nn/print.h"

namespace relume {

std::string enumtype::get_enum_name(Name name) {
  switch (name) {
#define RELUME_TAG(tag) \
  case Name::tag:       \
    return "k" #tag;
    RELUME_FORALL_TAGS(RELUME_TAG)
#undef RELUME_TAG
  }
  return "";
}

void detail::check_expanding(size_t expected, size_t got) {
  check(expected == got, "Expected {} values, but instead got {}", expected, got);
}

std::ostream& operator<<(std::ostream& stream, ArrayRef<std::optional<int64_t>> list) {
  nn::detail::put(stream, list);
  return stream;
}
std::ostream& operator<<(std::ostream& stream, ArrayRef<std::optional<double>> list) {
  nn::detail::put(stream, list);
  return stream;
}
std::ostream& operator<<(std::ostream& stream, ArrayRef<double> list) {
  nn::detail::put(stream, list);
  return stream;
}

}  // namespace relume
