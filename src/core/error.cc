// Key functions of the error classes, so that each has one type_info, in the library.
#include "relume/error.h"

namespace relume {

Error::~Error() = default;
IndexError::~IndexError() = default;
TypeError::~TypeError() = default;
ValueError::~ValueError() = default;
NotImplementedError::~NotImplementedError() = default;
LinAlgError::~LinAlgError() = default;
OutOfMemoryError::~OutOfMemoryError() = default;

}  // namespace relume
