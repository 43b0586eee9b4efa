// Names of tags, and the check of lists that expand.
#include "relume/nn/options.h"

#include "core/check.h"

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

}  // namespace relume
