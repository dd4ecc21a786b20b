#include "whole_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <system_error>

#include "failure.h"
#include "real_file.h"

namespace app {
namespace {

namespace fs = std::filesystem;

// A call of the system failed.
[[noreturn]] void fail(int code) { throw std::system_error(code, std::generic_category()); }

std::mutex mutex;
std::condition_variable changed;
std::set<fs::path> live;  // the temporary files of this process
bool ending = false;

void forget(const fs::path& temporary) {
  const std::lock_guard<std::mutex> lock(mutex);
  live.erase(temporary);
  changed.notify_all();
}

fs::path temporary_name(const fs::path& file) {
  constexpr std::size_t kLongest = 40;
  std::string stem = file.stem().string();
  if (stem.size() > kLongest) {
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(stem[end]) & 0xC0U) == 0x80U) --end;  // within a character
    stem.resize(end);
  }
  std::random_device random;
  std::array<char, 9> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x", random());
  return file.parent_path() / ("." + stem + "." + digits.data() + ".srfast-tmp" + file.extension().string());
}

// A temporary file: locked as long as this lives, so that other processes see that it is in use, and removed
// at its end unless it was put in place.
class Temporary {
 public:
  explicit Temporary(const fs::path& file) {
    for (;;) {
      path_ = temporary_name(file);
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (ending) fail(ECANCELED);
        const auto entry = live.insert(path_).first;  // first: it may be out of memory
        descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor_ < 0) {
          const int code = errno;
          live.erase(entry);
          fail(code);
        }
      }
      flock(descriptor_, LOCK_EX);  // on a file system without locks, nobody gets one, so nobody removes it
      struct stat status{};
      if (fstat(descriptor_, &status) == 0 && status.st_nlink > 0) return;
      close(descriptor_);  // it was taken for a leftover before it was locked
      forget(path_);
    }
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    unlink(path_.c_str());  // of its temporary name, if it has got another
    close(descriptor_);
    forget(path_);
  }

  void write(const Bytes& content) const {
    std::size_t at = 0;
    while (at < content.size()) {
      const ssize_t written = ::write(descriptor_, content.data() + at, content.size() - at);
      if (written < 0 && errno != EINTR) fail(errno);
      if (written > 0) at += static_cast<std::size_t>(written);
    }
    if (fsync(descriptor_) != 0) fail(errno);
  }

  void replace(const fs::path& file) const {
    struct stat status{};
    if (stat(file.c_str(), &status) == 0) fchmod(descriptor_, status.st_mode & 07777U);
    if (rename(path_.c_str(), file.c_str()) != 0) fail(errno);
  }

  void take_free_name(const fs::path& file) const {
    if (link(path_.c_str(), file.c_str()) == 0) return;  // unlike rename, it fails where there is a file
    if (errno == EEXIST || access(file.c_str(), F_OK) == 0) fail(EEXIST);
    if (rename(path_.c_str(), file.c_str()) != 0) fail(errno);  // no hard links here
  }

 private:
  fs::path path_;
  int descriptor_ = -1;
};

// Whether it is the name of a temporary file: .NAME.xxxxxxxx.srfast-tmp, and perhaps .SUFFIX.
bool is_temporary(const std::string& name) {
  const std::string mark = ".srfast-tmp";
  constexpr std::size_t kDigits = 8;
  if (name.empty() || name.front() != '.') return false;
  for (std::size_t at = name.find(mark); at != std::string::npos; at = name.find(mark, at + 1)) {
    const std::size_t end = at + mark.size();
    if (at < kDigits + 2 || (end < name.size() && name[end] != '.')) continue;
    const std::size_t begin = at - kDigits;
    if (name[begin - 1] == '.' && name.find_first_not_of("0123456789abcdef", begin) == at) return true;
  }
  return false;
}

}  // namespace

void write_whole(const fs::path& target, const Bytes& content, bool overwrite) {
  try {
    const fs::path file = real_file(target);
    struct stat status{};
    if (stat(file.c_str(), &status) == 0) {
      if (S_ISDIR(status.st_mode)) fail(EISDIR);
      if (!S_ISREG(status.st_mode))
        throw Failure(target.string() + " cannot be written: Not a regular file");  // such as /dev/null
      if (!overwrite) fail(EEXIST);
    }
    const Temporary temporary(file);
    temporary.write(content);
    overwrite ? temporary.replace(file) : temporary.take_free_name(file);
  } catch (const std::system_error& error) {
    const std::string why = target.string() + " cannot be written: " + error.code().message();
    if (error.code() == std::errc::no_space_on_device || error.code().value() == EDQUOT) throw FullDisk(why);
    throw Failure(why);
  }
}

void remove_leftovers(const fs::path& folder) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (!is_temporary(entry.path().filename().string())) continue;
    const int file = open(entry.path().c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) continue;
    // Fails where a living process writes it.
    if (flock(file, LOCK_EX | LOCK_NB) == 0) unlink(entry.path().c_str());
    close(file);
  }
}

void end_all_files(std::chrono::milliseconds patience) {
  std::unique_lock<std::mutex> lock(mutex);
  ending = true;
  changed.wait_for(lock, patience, [] { return live.empty(); });
  for (const fs::path& temporary : live) unlink(temporary.c_str());
  lock.release();  // stays locked: nothing may be begun any more
}

}  // namespace app
