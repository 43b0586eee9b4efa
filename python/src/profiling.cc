// Rows for the profiler and for the counts of memory.
#include <optional>

#include "arguments.h"
#include "relume/memory.h"
#include "relume/profiler.h"
#include "tables.h"

namespace relume::python {

namespace {

using profiler::Profile;
using profiler::RecordFunction;

#define RELUME_CALL(expression) [](Arguments & a) -> PyObject* { return (static_cast<void>(a), expression); }

PyObject* integer(size_t value) { return checked(PyLong_FromSize_t(value)); }

// A profile or a RecordFunction as an object that only the calls below know how to use.
template <class T>
PyObject* capsule(T* value, const char* name) {
  return checked(PyCapsule_New(value, name, [](PyObject* object) {
    delete static_cast<T*>(PyCapsule_GetPointer(object, PyCapsule_GetName(object)));
  }));
}
const Profile& profile_of(const Arguments& a) {
  const void* const profile = PyCapsule_GetPointer(a.object(0), "profile");
  if (!profile) throw PythonError();
  return *static_cast<const Profile*>(profile);
}

PyObject* start(Arguments&) {
  profiler::start();
  return none();
}
PyObject* stop(Arguments&) { return capsule(new Profile(profiler::stop()), "profile"); }

PyObject* key_averages(Arguments& a) {
  const Ref list = own(PyList_New(0));
  for (const profiler::KeyAverage& row : profile_of(a).key_averages()) {
    const Ref entry = own(Py_BuildValue("(sLdd)", row.key.c_str(), static_cast<long long>(row.count),
                                        row.cpu_time_total, row.self_cpu_time_total));
    check_status(PyList_Append(list.get(), entry.get()));
  }
  return Py_NewRef(list.get());
}

PyObject* export_trace(Arguments& a) {
  profile_of(a).export_chrome_trace(std::string(a.text(1)));
  return none();
}

PyObject* set_limit(Arguments& a) {
  const std::optional<int64_t> bytes = a.optional_integer(0);
  if (bytes && *bytes < 0) raise(PyExc_ValueError, "set_limit: expected a number of bytes, got " + std::to_string(*bytes));
  memory::set_limit(bytes ? static_cast<size_t>(*bytes) : memory::kUnlimited);
  return none();
}
PyObject* limit(Arguments&) { return memory::limit() == memory::kUnlimited ? none() : integer(memory::limit()); }

// A scope that a `with` statement enters and leaves on one thread.
PyObject* enter_function(Arguments& a) { return checked(PyLong_FromVoidPtr(new RecordFunction(a.text(0)))); }
PyObject* leave_function(Arguments& a) {
  delete static_cast<RecordFunction*>(PyLong_AsVoidPtr(a.object(0)));
  return none();
}

const Op kProfiling[] = {
    {"_memory_current", "_memory_current()\n\nSee memory.current.\n",
     {{kFunction, "", RELUME_CALL(integer(memory::current()))}}},
    {"_memory_peak", "_memory_peak()\n\nSee memory.peak.\n", {{kFunction, "", RELUME_CALL(integer(memory::peak()))}}},
    {"_memory_cached", "_memory_cached()\n\nSee memory.cached.\n",
     {{kFunction, "", RELUME_CALL(integer(memory::cached()))}}},
    {"_memory_reset_peak", "_memory_reset_peak()\n\nSee memory.reset_peak.\n",
     {{kFunction, "", RELUME_CALL((memory::reset_peak(), none()))}}},
    {"_memory_empty_cache", "_memory_empty_cache()\n\nSee memory.empty_cache.\n",
     {{kFunction, "", RELUME_CALL((memory::empty_cache(), none()))}}},
    {"_memory_limit", "_memory_limit()\n\nSee memory.limit.\n", {{kFunction, "", limit}}},
    {"_memory_set_limit", "_memory_set_limit(bytes)\n\nSee memory.set_limit.\n",
     {{kFunction, "int? bytes=None", set_limit}}},
    {"_profiler_start", "_profiler_start()\n\nSee profiler.profile.\n", {{kFunction, "", start}}},
    {"_profiler_stop", "_profiler_stop()\n\nSee profiler.profile.\n", {{kFunction, "", stop}}},
    {"_profile_averages", "_profile_averages(profile)\n\nRows of key, count, total and self time.\n",
     {{kFunction, "object profile", key_averages}}},
    {"_profile_table", "_profile_table(profile, sort_by, row_limit)\n\nThe rows as a table.\n",
     {{kFunction, "object profile, str sort_by, int row_limit",
       RELUME_CALL(text(profile_of(a).table(a.text(1), a.integer(2))).release())}}},
    {"_profile_export", "_profile_export(profile, path)\n\nWrites the trace.\n",
     {{kFunction, "object profile, str path", export_trace}}},
    {"_profile_peak_memory", "_profile_peak_memory(profile)\n\nBytes in use at most.\n",
     {{kFunction, "object profile", RELUME_CALL(integer(profile_of(a).peak_memory()))}}},
    {"_enter_function", "_enter_function(name)\n\nSee profiler.record_function.\n",
     {{kFunction, "str name", enter_function}}},
    {"_leave_function", "_leave_function(scope)\n\nSee profiler.record_function.\n",
     {{kFunction, "object scope", leave_function}}},
};

}  // namespace

void append_profiling(std::vector<OpEntry>& entries) { append_entries<kProfiling>(entries); }

}  // namespace relume::python
