// OrderedDict: values by key, in the order in which they were inserted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/export.h"

namespace relume {
namespace detail {

// Where keys stand, by hash. Small dictionaries are searched without it.
class RELUME_API KeyIndex {
 public:
  static constexpr size_t kLinear = 16;
  static uint64_t hash(const std::string& key);
  void insert(uint64_t hash);
  void clear();
  // Positions of keys with this hash, first and further ones; -1 ends them.
  int64_t first(uint64_t hash) const;
  int64_t next(int64_t position) const;

 private:
  std::vector<uint64_t> hashes_;
  std::vector<int64_t> chain_, heads_;
};

[[noreturn]] RELUME_API void fail_index(size_t index);
[[noreturn]] RELUME_API void fail_key(const std::string& description, const std::string& key, bool defined);
inline const std::string& key_text(const std::string& key) { return key; }
template <class Key>
std::string key_text(const Key& key) {
  if constexpr (std::is_arithmetic_v<Key>)
    return std::to_string(key);
  else
    return "?";
}

}  // namespace detail

// A list of (key, value) pairs with unique keys. Iteration gives items with key() and value(); an item is also a
// pointer to its value: dict[0]->sizes(). at() and operator[] throw Error where a key is not there, insert() where it
// is.
template <class Key, class Value>
class OrderedDict {
 public:
  class Item {
   public:
    Item(Key key, Value value) : pair_(std::move(key), std::move(value)) {}
    Value& operator*() { return pair_.second; }
    const Value& operator*() const { return pair_.second; }
    Value* operator->() { return &pair_.second; }
    const Value* operator->() const { return &pair_.second; }
    const Key& key() const noexcept { return pair_.first; }
    Value& value() noexcept { return pair_.second; }
    const Value& value() const noexcept { return pair_.second; }
    const std::pair<Key, Value>& pair() const noexcept { return pair_; }

   private:
    std::pair<Key, Value> pair_;
  };
  using Iterator = typename std::vector<Item>::iterator;
  using ConstIterator = typename std::vector<Item>::const_iterator;

  explicit OrderedDict(std::string key_description = "Key") : key_description_(std::move(key_description)) {}
  OrderedDict(std::initializer_list<Item> items) : key_description_("Key") {  // NOLINT: implicit, as in libtorch
    for (const Item& item : items) insert(item.key(), item.value());
  }

  const std::string& key_description() const noexcept { return key_description_; }
  Item& front() { return items_.front(); }
  const Item& front() const { return items_.front(); }
  Item& back() { return items_.back(); }
  const Item& back() const { return items_.back(); }
  Iterator begin() { return items_.begin(); }
  Iterator end() { return items_.end(); }
  ConstIterator begin() const { return items_.begin(); }
  ConstIterator end() const { return items_.end(); }
  Item& operator[](size_t index) { return items_[checked(index)]; }
  const Item& operator[](size_t index) const { return items_[checked(index)]; }
  Value& operator[](const Key& key) { return *require(key); }
  const Value& operator[](const Key& key) const { return *require(key); }
  Value* find(const Key& key) noexcept { return const_cast<Value*>(std::as_const(*this).find(key)); }
  const Value* find(const Key& key) const noexcept {
    const int64_t at = position(key);
    return at < 0 ? nullptr : &items_[static_cast<size_t>(at)].value();
  }
  bool contains(const Key& key) const noexcept { return position(key) >= 0; }
  size_t size() const noexcept { return items_.size(); }
  bool is_empty() const noexcept { return items_.empty(); }

  template <class K, class V>
  Value& insert(K&& key, V&& value) {
    Key own(std::forward<K>(key));
    if (contains(own)) detail::fail_key(key_description_, detail::key_text(own), true);
    items_.emplace_back(std::move(own), Value(std::forward<V>(value)));
    index_last();
    return items_.back().value();
  }
  Value& insert(Key key, Value&& value) { return insert<Key, Value>(std::move(key), std::move(value)); }
  void update(const OrderedDict& other) {
    for (const Item& item : other) insert(item.key(), item.value());
  }
  void erase(const Key& key) {
    require(key);
    items_.erase(items_.begin() + position(key));
    reindex();
  }
  void clear() {
    items_.clear();
    reindex();
  }
  void reserve(size_t count) { items_.reserve(count); }

  const std::vector<Item>& items() const noexcept { return items_; }
  std::vector<Key> keys() const {
    std::vector<Key> list;
    for (const Item& item : items_) list.push_back(item.key());
    return list;
  }
  std::vector<Value> values() const {
    std::vector<Value> list;
    for (const Item& item : items_) list.push_back(item.value());
    return list;
  }
  std::vector<std::pair<Key, Value>> pairs() const {
    std::vector<std::pair<Key, Value>> list;
    for (const Item& item : items_) list.push_back(item.pair());
    return list;
  }

 private:
  static constexpr bool kHashed = std::is_same_v<Key, std::string>;

  size_t checked(size_t index) const {
    if (index >= items_.size()) detail::fail_index(index);
    return index;
  }
  int64_t position(const Key& key) const {
    if constexpr (kHashed) {
      if (items_.size() > detail::KeyIndex::kLinear) {
        int64_t at = index_.first(detail::KeyIndex::hash(key));
        while (at >= 0 && !(items_[static_cast<size_t>(at)].key() == key)) at = index_.next(at);
        return at;
      }
    }
    for (size_t i = 0; i < items_.size(); ++i)
      if (items_[i].key() == key) return static_cast<int64_t>(i);
    return -1;
  }
  const Value* require(const Key& key) const {
    const Value* value = find(key);
    if (!value) detail::fail_key(key_description_, detail::key_text(key), false);
    return value;
  }
  Value* require(const Key& key) { return const_cast<Value*>(std::as_const(*this).require(key)); }
  void index_last() {
    if constexpr (kHashed) {
      if (items_.size() == detail::KeyIndex::kLinear + 1)
        reindex();
      else if (items_.size() > detail::KeyIndex::kLinear)
        index_.insert(detail::KeyIndex::hash(items_.back().key()));
    }
  }
  void reindex() {
    if constexpr (kHashed) {
      index_.clear();
      if (items_.size() <= detail::KeyIndex::kLinear) return;
      for (const Item& item : items_) index_.insert(detail::KeyIndex::hash(item.key()));
    }
  }

  std::string key_description_;
  std::vector<Item> items_;
  detail::KeyIndex index_;
};

}  // namespace relume
