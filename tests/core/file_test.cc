// Files: read in exact pieces, replaced whole or not at all.
#include "core/file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

#include "relume/error.h"
#include "temporary_folder.h"

namespace relume {
namespace {

using test::read_whole;
using test::TemporaryFolder;

TEST(InputFile, ReadsPiecesAndTheWhole) {
  const TemporaryFolder folder;
  InputFile file(folder.write("a", "hello world"));
  char piece[5];
  file.read_at(6, piece, sizeof piece);
  EXPECT_EQ(std::string(piece, sizeof piece), "world");
  EXPECT_EQ(file.size(), 11u);
  EXPECT_EQ(file.read_all().size(), 11u);
}

TEST(InputFile, NamesTheFileThatIsMissing) {
  EXPECT_ERROR(InputFile("/nowhere/a"), Error, "cannot open /nowhere/a: No such file or directory");
}

TEST(InputFile, RefusesToReadPastTheEnd) {
  const TemporaryFolder folder;
  const InputFile file(folder.write("a", "hello"));
  char piece[5];
  EXPECT_ERROR(file.read_at(1, piece, 5), Error, "expected 5 bytes from byte 1, the file ends after 4");
}

TEST(InputFile, RefusesAFolder) {
  const TemporaryFolder folder;
  EXPECT_ERROR(InputFile(folder.file("")).read_all(), Error, "Is a directory");
  EXPECT_ERROR(InputFile(folder.file("")).size(), Error, "not a regular file");
}

TEST(AtomicFile, ReplacesTheFileOnCommit) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  AtomicFile file(path);
  file.write("new");
  EXPECT_EQ(read_whole(path), "old");
  file.commit();
  EXPECT_EQ(read_whole(path), "new");
  EXPECT_EQ(folder.count(), 1u);
}

TEST(AtomicFile, KeepsTheOldFileWithoutCommit) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  { AtomicFile(path).write("new"); }
  EXPECT_EQ(read_whole(path), "old");
  EXPECT_EQ(folder.count(), 1u);
}

TEST(AtomicFile, KeepsTheModeOfTheOldFile) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  AtomicFile file(path);
  file.write("new");
  file.commit();
  struct stat status;
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
}

TEST(AtomicFile, WritesThroughASymbolicLink) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  std::filesystem::create_symlink(path, folder.file("link"));
  AtomicFile file(folder.file("link"));
  file.write("new");
  file.commit();
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link")));
  EXPECT_EQ(read_whole(path), "new");
}

TEST(AtomicFile, WritesADeviceInPlace) {
  AtomicFile file("/dev/null");
  file.write("anything");
  file.commit();
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(AtomicFile, ReportsAFullDisk) {
  AtomicFile file("/dev/full");
  EXPECT_ERROR(file.write("anything"), Error, "cannot write /dev/full: No space left on device");
}

TEST(AtomicFile, NamesAFolderThatIsMissing) {
  EXPECT_ERROR(AtomicFile("/nowhere/a"), Error, "cannot write /nowhere/a: No such file or directory");
}

// Runs `body` in a child process and gives its wait status.
template <class F>
int in_child(F body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(AtomicFile, KeepsTheOldFileWhenTheDiskFillsUp) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      AtomicFile file(path);
      file.write(std::string(10000, 'x'));
      file.commit();
    } catch (const Error& error) {
      ::_exit(std::string(error.what()).find("File too large") != std::string::npos ? 7 : 8);
    }
  });
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(read_whole(path), "old");
  EXPECT_EQ(folder.count(), 1u);
}

TEST(AtomicFile, KeepsTheOldFileWhenTheProcessIsKilled) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  const int status = in_child([&] {
    AtomicFile file(path);
    file.write("ne");
    ::raise(SIGKILL);
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(read_whole(path), "old");
}

}  // namespace
}  // namespace relume
