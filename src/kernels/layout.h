// How the elements of an activation [batch, channels, pixels] lie in memory.
#pragma once

#include <cstdint>

namespace relume::cpu {

inline constexpr int kMaxSpatial = 3;

// Dense either way; a pixel's channels are neighbours in ChannelsLast.
enum class Layout : int64_t { Plain, ChannelsLast };

}  // namespace relume::cpu
