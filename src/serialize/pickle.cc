// A pickle is a program for a machine with a stack and a memo; Python's pickletools describes its instructions.
#include "serialize/pickle.h"

#include <cstring>
#include <unordered_map>

#include "core/check.h"
#include "core/file.h"

namespace relume::serialize {
namespace {

using Kind = Pickle::Kind;
using Value = Pickle::Value;

class PickleMachine {
 public:
  PickleMachine(ArrayRef<uint8_t> bytes, const std::string& source) : bytes_(bytes), source_(source) {}

  Pickle run() {
    while (step()) {
    }
    check_form(stack_.size() == 1 && marks_.empty());
    pickle_.root = stack_[0];
    return std::move(pickle_);
  }

 private:
  void check_form(bool holds) const {
    check(holds, "{}: damaged pickle: wrong at byte {} of {}", source_, at_, bytes_.size());
  }

  const uint8_t* take(uint64_t count) {
    check_form(count <= bytes_.size() - at_);
    const uint8_t* const from = bytes_.data() + at_;
    at_ += count;
    return from;
  }
  uint64_t take_number(size_t width) { return little_endian(take(width), width); }
  std::string take_text(uint64_t size) { return std::string(reinterpret_cast<const char*>(take(size)), size); }
  std::string take_line() {
    std::string line;
    for (char c; (c = static_cast<char>(*take(1))) != '\n';) line += c;
    return line;
  }
  // Two's complement of any width, of which int64 holds eight bytes.
  int64_t take_long(uint64_t width) {
    check(width <= 8, "{}: a pickle with an integer of {} bytes", source_, width);
    if (width == 0) return 0;
    const uint64_t value = take_number(width);
    const int unused = 64 - 8 * static_cast<int>(width);
    return static_cast<int64_t>(value << unused) >> unused;
  }
  double take_double() {
    const uint8_t* const from = take(8);
    uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = bits << 8 | from[i];
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  void push(Value value) {
    stack_.push_back(pickle_.values.size());
    pickle_.values.push_back(std::move(value));
  }
  void push(Kind kind, int64_t integer = 0) {
    Value value;
    value.kind = kind;
    value.integer = integer;
    push(std::move(value));
  }
  void push(Kind kind, std::string text) {
    Value value;
    value.kind = kind;
    value.text = std::move(text);
    push(std::move(value));
  }
  void push_items(Kind kind, std::vector<size_t> items) {
    Value value;
    value.kind = kind;
    value.items = std::move(items);
    push(std::move(value));
  }
  size_t pop() {
    check_form(stack_.size() > (marks_.empty() ? 0 : marks_.back()));
    const size_t value = stack_.back();
    stack_.pop_back();
    return value;
  }
  std::vector<size_t> pop(size_t count) {
    check_form(stack_.size() >= count + (marks_.empty() ? 0 : marks_.back()));
    std::vector<size_t> items(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }
  std::vector<size_t> pop_to_mark() {
    check_form(!marks_.empty());
    std::vector<size_t> items = pop(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }
  Value& top() {
    check_form(!stack_.empty());
    return pickle_.values[stack_.back()];
  }

  // What an instruction adds to a list, or to a dict or what is filled like one.
  void extend(bool as_dict, const std::vector<size_t>& items) {
    Value& target = top();
    check_form(as_dict ? target.kind == Kind::Dict || target.kind == Kind::Object : target.kind == Kind::List);
    check_form(!as_dict || items.size() % 2 == 0);
    target.items.insert(target.items.end(), items.begin(), items.end());
  }
  void push_object() {
    Value object;
    object.kind = Kind::Object;
    object.arguments = pop();
    object.callable = pop();
    push(std::move(object));
  }
  void build() {
    const size_t state = pop();
    check_form(top().kind == Kind::Object);
    top().state = state;
  }
  void push_global(std::string module, const std::string& name) { push(Kind::Global, std::move(module) + "." + name); }
  void recall(uint64_t place) {
    const auto found = memo_.find(place);
    check_form(found != memo_.end());
    stack_.push_back(found->second);
  }
  void remember(uint64_t place) {
    check_form(!stack_.empty());
    memo_[place] = stack_.back();
  }

  // One instruction; false at the end.
  bool step() {
    switch (const char code = static_cast<char>(*take(1))) {
      case '.':
        return false;
      case '\x80':  // protocol
        take(1);
        break;
      case '\x95':  // frame
        take(8);
        break;
      case '(':
        marks_.push_back(stack_.size());
        break;
      case '0':
        pop();
        break;
      case 'N':
        push(Kind::None);
        break;
      case '\x88':
      case '\x89':
        push(Kind::Bool, code == '\x88');
        break;
      case 'K':
        push(Kind::Int, static_cast<int64_t>(take_number(1)));
        break;
      case 'M':
        push(Kind::Int, static_cast<int64_t>(take_number(2)));
        break;
      case 'J':
        push(Kind::Int, static_cast<int32_t>(take_number(4)));
        break;
      case '\x8a':
        push(Kind::Int, take_long(take_number(1)));
        break;
      case 'G': {
        Value value;
        value.kind = Kind::Float;
        value.number = take_double();
        push(std::move(value));
        break;
      }
      case 'X':
      case 'T':
        push(Kind::Text, take_text(take_number(4)));
        break;
      case '\x8c':
      case 'U':
        push(Kind::Text, take_text(take_number(1)));
        break;
      case ']':
      case ')':
      case '}':
        push(code == ']' ? Kind::List : code == ')' ? Kind::Tuple : Kind::Dict);
        break;
      case 'a':
        extend(false, pop(1));
        break;
      case 'e':
        extend(false, pop_to_mark());
        break;
      case 's':
        extend(true, pop(2));
        break;
      case 'u':
        extend(true, pop_to_mark());
        break;
      case 'l':
        push_items(Kind::List, pop_to_mark());
        break;
      case 't':
        push_items(Kind::Tuple, pop_to_mark());
        break;
      case '\x85':
      case '\x86':
      case '\x87':
        push_items(Kind::Tuple, pop(static_cast<size_t>(code - '\x85') + 1));
        break;
      case 'c': {
        std::string module = take_line();
        push_global(std::move(module), take_line());
        break;
      }
      case '\x93': {
        const std::vector<size_t> names = pop(2);
        push_global(pickle_.at(names[0]).text, pickle_.at(names[1]).text);
        break;
      }
      case 'R':
      case '\x81':
        push_object();
        break;
      case 'b':
        build();
        break;
      case 'Q':
        push_items(Kind::Persistent, pop(1));
        break;
      case 'q':
        remember(take_number(1));
        break;
      case 'r':
        remember(take_number(4));
        break;
      case '\x94':
        remember(memo_.size());
        break;
      case 'h':
        recall(take_number(1));
        break;
      case 'j':
        recall(take_number(4));
        break;
      default:
        --at_;
        fail("{}: a pickle with the unknown instruction {:#x} at byte {}", source_, static_cast<uint8_t>(code), at_);
    }
    return true;
  }

  const ArrayRef<uint8_t> bytes_;
  const std::string& source_;
  uint64_t at_ = 0;
  Pickle pickle_;
  std::vector<size_t> stack_;  // places of values
  std::vector<size_t> marks_;  // sizes of the stack
  std::unordered_map<uint64_t, size_t> memo_;
};

}  // namespace

Pickle parse_pickle(ArrayRef<uint8_t> bytes, const std::string& source) { return PickleMachine(bytes, source).run(); }

}  // namespace relume::serialize
