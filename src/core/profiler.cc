// Collects events of all threads, and shows them as a table and as a trace.
#include "core/profiler.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <unordered_map>

#include "core/check.h"
#include "core/file.h"
#include "core/memory.h"

namespace relume::profiler {

constinit bool g_running = false;

namespace {

constexpr size_t kMostEvents = size_t{1} << 20;

struct Sums {
  int64_t count = 0, total = 0, self = 0;  // times in nanoseconds
};

struct Event {
  const std::string* name;
  int64_t start, end;
  uint32_t thread;
  Kind kind;
};

int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct ThreadScopes {
  Scope* innermost = nullptr;
  uint32_t number = 0;  // from 1 on, in the order in which threads were seen
};
constinit thread_local ThreadScopes t_scopes;

}  // namespace

struct Profile::Data {
  std::unordered_map<std::string, Sums> sums;  // its keys are what events name
  std::vector<Event> events;
  int64_t start = now(), end = 0;
  uint64_t dropped = 0;
  size_t peak_memory = 0;
};

namespace {

// The profile that is running. Scopes know it by its number.
struct Running {
  std::mutex mutex;
  std::shared_ptr<Profile::Data> data;
  uint64_t number = 0;
  uint32_t threads = 0;
};

// Never destroyed: threads may outlive static destructors.
Running& running_profile() {
  static Running* const instance = new Running;
  return *instance;
}

}  // namespace

Scope::Scope(Kind kind, std::string_view name) : name_(nullptr), outer_(t_scopes.innermost), kind_(kind) {
  Running& profile = running_profile();
  {
    const std::lock_guard lock(profile.mutex);
    profile_ = profile.number;
    if (profile.data) name_ = &profile.data->sums.try_emplace(std::string(name)).first->first;
    if (t_scopes.number == 0) t_scopes.number = ++profile.threads;
  }
  t_scopes.innermost = this;
  start_ = now();
}

Scope::~Scope() {
  const int64_t end = now();
  t_scopes.innermost = outer_;
  if (outer_) outer_->inner_ += end - start_;
  Running& profile = running_profile();
  const std::lock_guard lock(profile.mutex);
  if (!profile.data || !name_ || profile.number != profile_) return;
  Profile::Data& data = *profile.data;
  Sums& sums = data.sums.find(*name_)->second;
  ++sums.count;
  sums.total += end - start_;
  sums.self += end - start_ - inner_;
  if (data.events.size() < kMostEvents)
    data.events.push_back({name_, start_, end, t_scopes.number, kind_});
  else
    ++data.dropped;
}

RecordFunction::RecordFunction(std::string_view name) : running_(running()) {
  static_assert(sizeof(Scope) <= sizeof(scope_) && alignof(Scope) <= 8);
  if (running_) new (scope_) Scope(Kind::User, name);
}
RecordFunction::~RecordFunction() {
  if (running_) std::launder(reinterpret_cast<Scope*>(scope_))->~Scope();
}

bool is_running() { return running(); }

void start() {
  Running& profile = running_profile();
  const std::lock_guard lock(profile.mutex);
  check(!profile.data, "profiler: it is running already");
  profile.data = std::make_shared<Profile::Data>();
  ++profile.number;
  reset_peak(Peak::Profiler);
  __atomic_store_n(&g_running, true, __ATOMIC_SEQ_CST);
}

Profile stop() {
  Running& profile = running_profile();
  const std::lock_guard lock(profile.mutex);
  check(profile.data != nullptr, "profiler: it is not running");
  __atomic_store_n(&g_running, false, __ATOMIC_SEQ_CST);
  profile.data->end = now();
  profile.data->peak_memory = peak_bytes(Peak::Profiler);
  return Profile(std::move(profile.data));
}

// ---- What was seen -----------------------------------------------------------------------------------------------

Profile::Profile(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

size_t Profile::peak_memory() const { return data_->peak_memory; }

namespace {

using Column = double (*)(const KeyAverage& row);

Column column_of(std::string_view name) {
  if (name == "self_cpu_time_total") return [](const KeyAverage& row) { return row.self_cpu_time_total; };
  if (name == "cpu_time_total") return [](const KeyAverage& row) { return row.cpu_time_total; };
  if (name == "cpu_time")
    return [](const KeyAverage& row) { return row.cpu_time_total / static_cast<double>(row.count); };
  if (name == "count") return [](const KeyAverage& row) { return static_cast<double>(row.count); };
  fail<ValueError>("profiler: a table is sorted by self_cpu_time_total, cpu_time_total, cpu_time or count; got {}",
                   name);
}

// One row a name, the largest in the column first.
std::vector<KeyAverage> sorted_rows(const Profile::Data& data, Column column) {
  std::vector<KeyAverage> rows;
  for (const auto& [name, sums] : data.sums)
    if (sums.count > 0)
      rows.push_back({name, sums.count, static_cast<double>(sums.total) / 1e3, static_cast<double>(sums.self) / 1e3});
  std::sort(rows.begin(), rows.end(), [column](const KeyAverage& a, const KeyAverage& b) {
    return column(a) != column(b) ? column(a) > column(b) : a.key < b.key;
  });
  return rows;
}

std::string time_text(double us) {
  if (us >= 1e6) return fmt::format("{:.3f}s", us / 1e6);
  if (us >= 1e3) return fmt::format("{:.3f}ms", us / 1e3);
  return fmt::format("{:.3f}us", us);
}

std::string percent_text(double part, double whole) {
  return fmt::format("{:.2f}%", whole > 0 ? 100 * part / whole : 0.0);
}

std::string memory_text(size_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes >= size_t{1} << 30) return fmt::format("{:.2f} GiB", value / (1 << 30));
  if (bytes >= size_t{1} << 20) return fmt::format("{:.2f} MiB", value / (1 << 20));
  return fmt::format("{:.2f} KiB", value / (1 << 10));
}

// Names to the left, the rest to the right.
std::string aligned(const std::vector<std::vector<std::string>>& lines) {
  std::vector<size_t> widths(lines[0].size());
  for (const auto& line : lines)
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string rule, text;
  for (const size_t width : widths) rule += std::string(width, '-') + "  ";
  rule += "\n";
  for (size_t row = 0; row < lines.size(); ++row) {
    for (size_t i = 0; i < widths.size(); ++i) {
      const std::string space(widths[i] - lines[row][i].size(), ' ');
      text += (i == 0 ? lines[row][i] + space : space + lines[row][i]) + "  ";
    }
    text += row == 0 ? "\n" + rule : "\n";
  }
  return rule + text + rule;
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\')
      result += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20)
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      result += c;
  }
  return result;
}

const char* category(Kind kind) {
  return kind == Kind::Op ? "cpu_op" : kind == Kind::Backward ? "backward" : "user_annotation";
}

}  // namespace

std::vector<KeyAverage> Profile::key_averages() const {
  return sorted_rows(*data_, column_of("self_cpu_time_total"));
}

std::string Profile::table(std::string_view sort_by, int64_t row_limit) const {
  const std::vector<KeyAverage> rows = sorted_rows(*data_, column_of(sort_by));
  double whole = 0;
  for (const KeyAverage& row : rows) whole += row.self_cpu_time_total;
  std::vector<std::vector<std::string>> lines = {
      {"Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg", "# of Calls"}};
  for (const KeyAverage& row : rows) {
    if (static_cast<int64_t>(lines.size()) > row_limit) break;
    lines.push_back({row.key, percent_text(row.self_cpu_time_total, whole), time_text(row.self_cpu_time_total),
                     percent_text(row.cpu_time_total, whole), time_text(row.cpu_time_total),
                     time_text(row.cpu_time_total / static_cast<double>(row.count)), std::to_string(row.count)});
  }
  return aligned(lines) + fmt::format("Self CPU time total: {}\nPeak memory: {}\n", time_text(whole),
                                      memory_text(data_->peak_memory));
}

void Profile::export_chrome_trace(const std::string& path) const {
  const int process = getpid();
  std::string text = fmt::format(
      "{{\"displayTimeUnit\": \"ms\", \"otherData\": {{\"peak_memory_bytes\": {}, \"dropped_events\": {}}},\n"
      "\"traceEvents\": [\n"
      "{{\"ph\": \"M\", \"name\": \"process_name\", \"pid\": {}, \"tid\": 0, \"ts\": 0, \"args\": {{\"name\": "
      "\"relume\"}}}}",
      data_->peak_memory, data_->dropped, process);
  AtomicFile file(path);
  for (const Event& event : data_->events) {
    text += fmt::format(
        ",\n{{\"ph\": \"X\", \"cat\": \"{}\", \"name\": \"{}\", \"pid\": {}, \"tid\": {}, \"ts\": {:.3f}, \"dur\": "
        "{:.3f}}}",
        category(event.kind), escaped(*event.name), process, event.thread,
        static_cast<double>(event.start - data_->start) / 1e3, static_cast<double>(event.end - event.start) / 1e3);
    if (text.size() < (size_t{1} << 20)) continue;
    file.write(text);
    text.clear();
  }
  file.write(text + "\n]}\n");
  file.commit();
}

}  // namespace relume::profiler
