#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace gatefold {

/// What belongs to values or nodes, by their addresses: a hash table whose entries stay where they
/// are when others are added. For tables that are filled in one go and only grow.
template <typename Key, typename T>
class PointerMap {
 public:
  PointerMap() = default;
  PointerMap(const PointerMap&) = delete;
  PointerMap& operator=(const PointerMap&) = delete;

  /// Returns what belongs to a key; nullptr if nothing does.
  const T* find(const Key* key) const {
    const Entry* entry = table_.empty() ? nullptr : table_[place_of(key)];
    return entry == nullptr ? nullptr : &entry->content;
  }
  T* find(const Key* key) { return const_cast<T*>(std::as_const(*this).find(key)); }
  bool contains(const Key* key) const { return find(key) != nullptr; }
  /// Returns what belongs to a key that has an entry.
  const T& at(const Key* key) const {
    const T* content = find(key);
    assert(content != nullptr && "nothing belongs to this key");
    return *content;
  }
  T& at(const Key* key) { return const_cast<T&>(std::as_const(*this).at(key)); }
  /// Returns what belongs to a key, after making an entry if it has none.
  T& operator[](const Key* key) {
    if (2 * (count_ + 1) > table_.size()) grow();
    Entry*& entry = table_[place_of(key)];
    if (entry == nullptr) {
      if (count_ % kBlock == 0) blocks_.emplace_back().reserve(kBlock);
      entry = &blocks_.back().emplace_back(Entry{key});
      ++count_;
    }
    return entry->content;
  }

  /// Calls visit(key, content) for each entry, in the order in which they were made.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const std::vector<Entry>& block : blocks_) {
      for (const Entry& entry : block) visit(entry.key, entry.content);
    }
  }
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (std::vector<Entry>& block : blocks_) {
      for (Entry& entry : block) visit(entry.key, entry.content);
    }
  }

 private:
  struct Entry {
    const Key* key = nullptr;
    T content = {};
  };
  static constexpr std::size_t kBlock = 16;
  static constexpr std::size_t kLeastPlaces = 64;

  /// Where the table holds a key's entry, or has room for it.
  std::size_t place_of(const Key* key) const {
    const std::uint64_t hash = reinterpret_cast<std::uintptr_t>(key) * 0x9E3779B97F4A7C15U;
    std::size_t place = hash >> (64 - std::countr_zero(table_.size()));
    while (table_[place] != nullptr && table_[place]->key != key) {
      place = (place + 1) & (table_.size() - 1);
    }
    return place;
  }

  void grow() {
    table_.assign(table_.empty() ? kLeastPlaces : 2 * table_.size(), nullptr);
    for (std::vector<Entry>& block : blocks_) {
      for (Entry& entry : block) table_[place_of(entry.key)] = &entry;
    }
  }

  std::vector<Entry*> table_;  // As many places as a power of two, at most half of them taken.
  std::vector<std::vector<Entry>> blocks_;
  std::size_t count_ = 0;
};

}  // namespace gatefold
