// Rows for autocasting: torch's functions, on which relume.amp's context manager stands.
#include "relume/autocast.h"

#include "arguments.h"
#include "function.h"
#include "tables.h"

namespace relume::python {
namespace {

DeviceType device_type(const Arguments& a) { return a.has(0) ? device_of(a.object(0)).type() : kCPU; }

PyObject* is_enabled(Arguments& a) {
  return boolean(device_type(a) == kCPU && autocast::is_autocast_enabled(kCPU));
}
PyObject* set_enabled(Arguments& a) {
  autocast::set_autocast_enabled(device_type(a), a.boolean(1));
  return none();
}
PyObject* get_dtype(Arguments& a) { return Py_NewRef(dtype_object(autocast::get_autocast_dtype(device_type(a)))); }
PyObject* set_dtype(Arguments& a) {
  autocast::set_autocast_dtype(device_type(a), a.dtype(1));
  return none();
}
PyObject* is_cache_enabled(Arguments&) { return boolean(autocast::is_autocast_cache_enabled()); }
PyObject* set_cache_enabled(Arguments& a) {
  autocast::set_autocast_cache_enabled(a.boolean(0));
  return none();
}
PyObject* clear(Arguments&) {
  autocast::clear_cache();
  return none();
}
PyObject* increment(Arguments&) { return PyLong_FromLong(autocast::increment_nesting()); }
PyObject* decrement(Arguments&) { return PyLong_FromLong(autocast::decrement_nesting()); }

const Op kAutocastOps[] = {
    {"is_autocast_enabled",
     "is_autocast_enabled(device_type='cpu')\n\nWhether products on this thread compute in a lower precision.\n",
     {{kFunction, "device? device_type=None", is_enabled}}},
    {"set_autocast_enabled",
     "set_autocast_enabled(device_type, enabled)\n\nSays whether they do.\n",
     {{kFunction, "device device_type, bool enabled", set_enabled}}},
    {"get_autocast_dtype",
     "get_autocast_dtype(device_type)\n\nThe dtype that they compute in then.\n",
     {{kFunction, "device device_type", get_dtype}}},
    {"set_autocast_dtype",
     "set_autocast_dtype(device_type, dtype)\n\nSets it: bfloat16 or float16.\n",
     {{kFunction, "device device_type, dtype dtype", set_dtype}}},
    {"is_autocast_cache_enabled",
     "is_autocast_cache_enabled()\n\nWhether casts of parameters are kept in a scope.\n",
     {{kFunction, "", is_cache_enabled}}},
    {"set_autocast_cache_enabled",
     "set_autocast_cache_enabled(enabled)\n\nSays whether they are.\n",
     {{kFunction, "bool enabled", set_cache_enabled}}},
    {"clear_autocast_cache", "clear_autocast_cache()\n\nForgets the casts of parameters.\n", {{kFunction, "", clear}}},
    {"autocast_increment_nesting",
     "autocast_increment_nesting()\n\nEnters a scope; returns how many there are.\n",
     {{kFunction, "", increment}}},
    {"autocast_decrement_nesting",
     "autocast_decrement_nesting()\n\nLeaves a scope; leaving the outermost one forgets the casts of parameters.\n",
     {{kFunction, "", decrement}}},
};

}  // namespace

void append_autocast_ops(std::vector<OpEntry>& entries) { append_entries<kAutocastOps>(entries); }

}  // namespace relume::python
