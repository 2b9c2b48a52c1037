#include "session/arrays/file_set.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "ir/error.h"
#include "session/arrays/files.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

/// A folder with the files a, which is 1, and b, which is 2.
class FileSets : public testing::Test {
 protected:
  FileSets() {
    write_file(path("a"), "1");
    write_file(path("b"), "2");
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }

  void expect_as_before() const {
    EXPECT_EQ(read_file(path("a")), "1");
    EXPECT_EQ(read_file(path("b")), "2");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 2);
  }

  static void add(FileSet& files, const std::string& name, const std::string& content) {
    files.write(name, [&](const fs::path& draft) { write_file(draft, content); });
  }

  TemporaryFolder folder_;
};

TEST_F(FileSets, ChangeTogether) {
  {
    FileSet files(folder_.path());
    add(files, "a", "3");
    add(files, "c", "4");
    files.remove("b");
    files.remove("d");
    EXPECT_EQ(read_file(path("a")), "1");
    files.commit();
  }
  EXPECT_EQ(read_file(path("a")), "3");
  EXPECT_EQ(read_file(path("c")), "4");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 2);
}

TEST_F(FileSets, StayAsTheyAreUntilAllAreThere) {
  {
    FileSet files(folder_.path());
    add(files, "a", "3");
  }
  expect_as_before();
  try {
    FileSet files(folder_.path());
    add(files, "a", "3");
    files.write("b", [](const fs::path& draft) { write_file(draft / "nowhere", "4"); });
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'" + path("b").string()), std::string::npos)
        << error.what();
  }
  expect_as_before();
}

TEST_F(FileSets, ComeBackWhenOneCannotTakeItsPlace) {
  {
    FileSet files(folder_.path());
    add(files, "a", "3");
    files.remove("b");
    files.write("c", [](const fs::path& /*draft*/) {});
    EXPECT_THROW(files.commit(), Error);
  }
  expect_as_before();
  fs::create_directory(path("c"));
  {
    FileSet files(folder_.path());
    add(files, "a", "3");
    add(files, "c", "4");
    EXPECT_THROW(files.commit(), Error);
  }
  EXPECT_TRUE(fs::is_directory(path("c")));
  EXPECT_EQ(read_file(path("a")), "1");
}

}  // namespace
}  // namespace gatefold::test
