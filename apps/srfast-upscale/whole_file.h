// Files that appear whole or not at all; the same way, and with the same names of temporary files, as
// srfast's Python package (python/srfast/atomic.py), so that each removes what the other left behind.
#pragma once

#include <chrono>
#include <filesystem>

#include "picture.h"

namespace app {

// Writes a temporary file beside `target`, flushes it to the disk, and renames it. A file that is replaced
// passes its permissions on; a symbolic link stays, and the file that it points to is replaced. If not
// `overwrite`, a file that is there is kept. Any thread may call it. Throws Failure, FullDisk.
void write_whole(const std::filesystem::path& target, const Bytes& content, bool overwrite);

// Removes the temporary files that killed processes left in a folder, but none that is being written.
void remove_leftovers(const std::filesystem::path& folder);

// Before the end of this process, which must follow: no temporary file of it stays. Files that are about to
// be put in place are waited for so long, and no others are begun.
void end_all_files(std::chrono::milliseconds patience);

}  // namespace app
