#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

namespace gatefold {

/// A std::vector, as far as its interface goes, that holds a few elements in itself and allocates
/// memory only for more: for lists that are short and made often, those of extents above all. It
/// converts to and from the vectors that hold lists of any length.
template <typename T>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using iterator = T*;
  using const_iterator = const T*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  InlineVector() = default;
  explicit InlineVector(std::size_t count, T value = T()) { resize(count, value); }
  template <std::forward_iterator Iterator>
  InlineVector(Iterator first, Iterator last) {
    assign(first, last);
  }
  InlineVector(std::initializer_list<T> list) { assign(list.begin(), list.end()); }
  InlineVector(const std::vector<T>& list) {  // NOLINT(google-explicit-constructor)
    assign(list.begin(), list.end());
  }
  InlineVector(const InlineVector& other) { assign(other.begin(), other.end()); }
  InlineVector(InlineVector&& other) noexcept { take(other); }
  InlineVector& operator=(const InlineVector& other) {
    if (this != &other) assign(other.begin(), other.end());
    return *this;
  }
  InlineVector& operator=(InlineVector&& other) noexcept {
    if (this == &other) return *this;
    release();
    take(other);
    return *this;
  }
  ~InlineVector() { release(); }
  operator std::vector<T>() const {  // NOLINT(google-explicit-constructor)
    return std::vector<T>(begin(), end());
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return elements_; }
  const T* data() const { return elements_; }
  T* begin() { return elements_; }
  const T* begin() const { return elements_; }
  T* end() { return elements_ + size_; }
  const T* end() const { return elements_ + size_; }
  reverse_iterator rbegin() { return reverse_iterator(end()); }
  const_reverse_iterator rbegin() const { return const_reverse_iterator(end()); }
  reverse_iterator rend() { return reverse_iterator(begin()); }
  const_reverse_iterator rend() const { return const_reverse_iterator(begin()); }
  T& operator[](std::size_t index) { return elements_[index]; }
  const T& operator[](std::size_t index) const { return elements_[index]; }
  T& front() { return *elements_; }
  const T& front() const { return *elements_; }
  T& back() { return elements_[size_ - 1]; }
  const T& back() const { return elements_[size_ - 1]; }

  void reserve(std::size_t count) {
    if (count <= capacity_) return;
    T* const elements = new T[count];
    std::copy(begin(), end(), elements);
    release();
    elements_ = elements;
    capacity_ = static_cast<std::uint32_t>(count);
  }
  void clear() { size_ = 0; }
  void resize(std::size_t count, T value = T()) {
    reserve(count);
    if (count > size_) std::fill(end(), elements_ + count, value);
    size_ = static_cast<std::uint32_t>(count);
  }
  void assign(std::size_t count, T value) {
    clear();
    resize(count, value);
  }
  template <std::forward_iterator Iterator>
  void assign(Iterator first, Iterator last) {
    clear();
    insert(end(), first, last);
  }
  void push_back(T value) {
    if (size_ == capacity_) reserve(2 * std::size_t{capacity_});
    elements_[size_++] = value;
  }
  void pop_back() { --size_; }

  T* insert(const T* position, T value) { return insert(position, 1, value); }
  T* insert(const T* position, std::size_t count, T value) {
    T* const gap = open_gap(position, count);
    std::fill_n(gap, count, value);
    return gap;
  }
  /// The elements must not be this list's own.
  template <std::forward_iterator Iterator>
  T* insert(const T* position, Iterator first, Iterator last) {
    T* const gap = open_gap(position, static_cast<std::size_t>(std::distance(first, last)));
    std::copy(first, last, gap);
    return gap;
  }
  T* insert(const T* position, std::initializer_list<T> list) {
    return insert(position, list.begin(), list.end());
  }
  T* erase(const T* position) { return erase(position, position + 1); }
  T* erase(const T* first, const T* last) {
    T* const gap = elements_ + (first - elements_);
    std::copy(last, static_cast<const T*>(end()), gap);
    size_ -= static_cast<std::uint32_t>(last - first);
    return gap;
  }

  bool operator==(const InlineVector& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }
  bool operator<(const InlineVector& other) const {
    return std::lexicographical_compare(begin(), end(), other.begin(), other.end());
  }

 private:
  static constexpr std::uint32_t kFew = 6;

  void release() {
    if (elements_ != few_) delete[] elements_;
  }
  void take(InlineVector& other) {
    const bool is_inside = other.elements_ == other.few_;
    if (is_inside) std::copy_n(other.few_, kFew, few_);
    elements_ = is_inside ? few_ : std::exchange(other.elements_, other.few_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, kFew);
  }
  T* open_gap(const T* position, std::size_t count) {
    const std::ptrdiff_t place = position - elements_;
    if (size_ + count > capacity_) reserve(std::max(size_ + count, 2 * std::size_t{capacity_}));
    T* const gap = elements_ + place;
    std::copy_backward(gap, end(), end() + count);
    size_ += static_cast<std::uint32_t>(count);
    return gap;
  }

  T* elements_ = few_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = kFew;
  T few_[kFew];
};

}  // namespace gatefold
