#include "session/arrays/npz.h"

#include <zip.h>

#include <memory>

#include "ir/error.h"
#include "session/arrays/files.h"
#include "session/arrays/npy.h"

namespace gatefold {
namespace {

constexpr std::string_view kExtension = ".npy";

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using ArchiveMember = std::unique_ptr<zip_file_t, Discard>;
using Source = std::unique_ptr<zip_source_t, Discard>;

Archive open_archive(const std::filesystem::path& path) {
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (archive == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    fail("'{}' cannot be read as a .npz archive: {}", path.string(), reason);
  }
  return archive;
}

std::string array_name(zip_t* archive, zip_uint64_t index) {
  const char* raw = zip_get_name(archive, index, ZIP_FL_ENC_RAW);
  std::string_view name = raw == nullptr ? "?" : raw;
  if (name.ends_with(kExtension)) name.remove_suffix(kExtension.size());
  return std::string(name);
}

std::string names_in(zip_t* archive) {
  std::string names;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
    names += (names.empty() ? "" : ", ") + array_name(archive, static_cast<zip_uint64_t>(i));
  }
  return names.empty() ? "none" : names;
}

Tensor read_array(zip_t* archive, zip_uint64_t index, const std::string& shown) {
  const ArchiveMember member(zip_fopen_index(archive, index, 0));
  if (member == nullptr) fail("'{}' cannot be read: {}", shown, zip_strerror(archive));
  std::string bytes;
  std::string chunk(std::size_t{1} << 16U, '\0');
  zip_int64_t count = 0;
  while ((count = zip_fread(member.get(), chunk.data(), chunk.size())) > 0) {
    bytes.append(chunk, 0, static_cast<std::size_t>(count));
  }
  if (count < 0) fail("'{}' is damaged: {}", shown, zip_file_strerror(member.get()));
  return parse_npy(bytes, shown);
}

[[noreturn]] void fail_write(const std::filesystem::path& path, zip_error_t* error) {
  const std::string reason = zip_error_strerror(error);
  fail("'{}' cannot be written: {}", path.string(), reason);
}

/// The bytes of an archive made in memory.
std::string bytes_of(zip_source_t* source, const std::filesystem::path& path) {
  std::string bytes;
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_source_stat(source, &stat) == 0 && zip_source_open(source) == 0) {
    bytes.resize(stat.size);
    const zip_int64_t count = zip_source_read(source, bytes.data(), bytes.size());
    zip_source_close(source);
    if (count == static_cast<zip_int64_t>(bytes.size())) return bytes;
  }
  fail_write(path, zip_source_error(source));
}

void add_array(zip_t* archive, const std::string& name, const std::string& bytes,
               const std::filesystem::path& path) {
  zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
  const std::string entry = name + std::string(kExtension);
  if (source == nullptr || zip_file_add(archive, entry.c_str(), source, ZIP_FL_ENC_UTF_8) < 0) {
    zip_source_free(source);
    fail_write(path, zip_get_error(archive));
  }
}

}  // namespace

Tensor read_npz(const std::filesystem::path& path, const std::string& name) {
  const Archive archive = open_archive(path);
  zip_stat_t stat;
  zip_stat_init(&stat);
  const std::string entry = name + std::string(kExtension);
  if (zip_stat(archive.get(), entry.c_str(), 0, &stat) != 0 &&
      zip_stat(archive.get(), name.c_str(), 0, &stat) != 0) {
    fail("'{}' has no array '{}'; there are: {}", path.string(), name, names_in(archive.get()));
  }
  return read_array(archive.get(), stat.index, path.string() + ":" + name);
}

std::map<std::string, Tensor> read_npz(const std::filesystem::path& path) {
  const Archive archive = open_archive(path);
  std::map<std::string, Tensor> arrays;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    const std::string name = array_name(archive.get(), index);
    arrays[name] = read_array(archive.get(), index, path.string() + ":" + name);
  }
  return arrays;
}

Tensor entry_of(const Tensor& array, std::int64_t index) {
  const Dims dims(array.dims().begin() + 1, array.dims().end());
  const std::size_t bytes = array.bytes() / static_cast<std::size_t>(array.dims().front());
  return array.part(static_cast<std::size_t>(index) * bytes, array.dtype(), dims);
}

void write_npz(const std::filesystem::path& path,
               const std::vector<std::pair<std::string, Tensor>>& arrays) {
  zip_error_t error;
  zip_error_init(&error);
  const Source target(zip_source_buffer_create(nullptr, 0, 0, &error));
  if (target == nullptr) fail_write(path, &error);
  Archive archive(zip_open_from_source(target.get(), ZIP_TRUNCATE, &error));
  if (archive == nullptr) fail_write(path, &error);
  // The archive releases its source when it is closed; ours is still read afterwards.
  zip_source_keep(target.get());
  std::vector<std::string> contents;
  contents.reserve(arrays.size());
  for (const auto& [name, tensor] : arrays) {
    contents.push_back(format_npy(tensor));
    add_array(archive.get(), name, contents.back(), path);
  }
  if (zip_close(archive.get()) != 0) fail_write(path, zip_get_error(archive.get()));
  static_cast<void>(archive.release());
  write_file(path, bytes_of(target.get(), path));
}

}  // namespace gatefold
