// InputFile and AtomicFile, over POSIX calls: the standard streams neither sync nor say why they failed.
#include "core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <tuple>

#include "core/check.h"

namespace relume {
namespace {

[[noreturn]] void fail_errno(const char* what, const std::string& path) {
  fail("cannot {} {}: {}", what, path, std::strerror(errno));
}

// Calls a system call again while signals interrupt it.
template <class F>
auto retry(F call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

// Where a symbolic link leads; the path itself where there is nothing yet.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? real.get() : path;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Makes the new name itself last, as far as the file system can; some folders refuse to be synced.
void sync_folder(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

}  // namespace

InputFile::InputFile(std::string path) : path_(std::move(path)) {
  descriptor_ = retry([&] { return ::open(path_.c_str(), O_RDONLY | O_CLOEXEC); });
  if (descriptor_ < 0) fail_errno("open", path_);
}

InputFile::~InputFile() { ::close(descriptor_); }

uint64_t InputFile::size() const {
  struct stat status;
  if (::fstat(descriptor_, &status) != 0) fail_errno("read", path_);
  check(S_ISREG(status.st_mode), "cannot read {}: not a regular file", path_);
  return static_cast<uint64_t>(status.st_size);
}

void InputFile::read_at(uint64_t offset, void* to, size_t count) const {
  auto* out = static_cast<uint8_t*>(to);
  for (size_t done = 0; done < count;) {
    const ssize_t got = retry([&] { return ::pread(descriptor_, out + done, count - done, offset + done); });
    if (got < 0) fail_errno("read", path_);
    check(got > 0, "{}: expected {} bytes from byte {}, the file ends after {}", path_, count, offset, done);
    done += static_cast<size_t>(got);
  }
}

Bytes InputFile::read_all() {
  Bytes bytes;
  size_t filled = 0;
  struct stat status;
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) bytes.resize(status.st_size + 1);
  for (;;) {
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2 + 65536);
    const ssize_t got = retry([&] { return ::read(descriptor_, bytes.data() + filled, bytes.size() - filled); });
    if (got < 0) fail_errno("read", path_);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

AtomicFile::AtomicFile(std::string path) : path_(resolved(path)) {
  struct stat status;
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    descriptor_ = retry([&] { return ::open(path_.c_str(), O_WRONLY | O_CLOEXEC); });
    if (descriptor_ < 0) fail_errno("write", path_);
    return;
  }
  static std::atomic<unsigned> counter{0};
  do {  // a name left by a process that was killed may be in the way
    temporary_ = fmt::format("{}.{}-{}.tmp", path_, ::getpid(), counter++);
    descriptor_ = retry([&] { return ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) fail_errno("write", path_);
  // A file system without modes keeps its own: the content matters more.
  if (exists) std::ignore = ::fchmod(descriptor_, status.st_mode & 07777);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* from, size_t count) {
  const auto* in = static_cast<const uint8_t*>(from);
  while (count > 0) {
    const ssize_t put = retry([&] { return ::write(descriptor_, in, count); });
    if (put < 0) fail_errno("write", path_);
    in += put;
    count -= static_cast<size_t>(put);
  }
}

void AtomicFile::commit() {
  if (temporary_.empty()) {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    if (::close(descriptor) != 0 && errno != EINTR) fail_errno("write", path_);
    return;
  }
  if (retry([&] { return ::fsync(descriptor_); }) != 0) fail_errno("write", path_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_errno("write", path_);
  ::close(descriptor_);
  descriptor_ = -1;
  sync_folder(path_);
}

}  // namespace relume
