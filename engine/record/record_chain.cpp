// Links, and what they say about damage.
#include "record_chain.h"

#include <bit>
#include <vector>

#include <fmt/format.h>

#include <dovetail/engine/record/checksum.hpp>
#include <dovetail/engine/record/store.hpp>

namespace dovetail::record {
namespace {

std::uint64_t next_link(std::uint64_t link, const std::string& name, std::uint64_t content) {
  return Checksum().add(link).add(name).add(content).value();
}

// What is wrong, the first few of it in words.
class Damage {
 public:
  void add(const std::string& text) {
    if (++count_ <= shown) text_ += (text_.empty() ? "" : "; ") + text;
  }
  void raise(const std::string& path) const {
    if (count_ == 0) return;
    throw StorageError(path + ": the store is damaged: " + text_ +
                       (count_ > shown ? fmt::format("; and {} more", count_ - shown) : ""));
  }

 private:
  static constexpr int shown = 5;
  int count_ = 0;
  std::string text_;
};

}  // namespace

const char* const RecordChain::tables_sql =
    "CREATE TABLE chain(position INTEGER PRIMARY KEY, record TEXT NOT NULL, content INTEGER NOT NULL,"
    " link INTEGER NOT NULL);"
    "CREATE TABLE seal(one INTEGER PRIMARY KEY, records INTEGER NOT NULL, link INTEGER NOT NULL,"
    " writing INTEGER NOT NULL);";

void RecordChain::resume() {
  Statement row(database_, "SELECT records, link FROM seal WHERE one = 1");
  if (!row.step()) return;
  count_ = row.integer(0);
  link_ = std::bit_cast<std::uint64_t>(row.integer(1));
}

void RecordChain::clear() {
  database_.execute("DELETE FROM chain");
  count_ = 0;
  link_ = 0;
}

void RecordChain::add(const std::string& name, std::uint64_t content) {
  link_ = next_link(link_, name, content);
  Statement(database_, "INSERT INTO chain VALUES(?,?,?,?)")
      .run(++count_, name, std::bit_cast<std::int64_t>(content), std::bit_cast<std::int64_t>(link_));
}

void RecordChain::seal(bool writing) {
  Statement(database_, "INSERT OR REPLACE INTO seal VALUES(1,?,?,?)")
      .run(count_, std::bit_cast<std::int64_t>(link_), std::int64_t{writing});
}

bool RecordChain::writing() const {
  Statement row(database_, "SELECT writing FROM seal WHERE one = 1");
  return row.step() && row.integer(0) != 0;
}

void RecordChain::verify(const std::map<std::string, std::uint64_t>& contents) const {
  Damage damage;
  std::map<std::string, std::uint64_t> sealed;
  std::int64_t count = 0;
  std::uint64_t link = 0;
  std::string last;
  Statement rows(database_, "SELECT position, record, content, link FROM chain ORDER BY position");
  while (rows.step()) {
    const std::string name = rows.text(1);
    const auto content = std::bit_cast<std::uint64_t>(rows.integer(2));
    const auto stored = std::bit_cast<std::uint64_t>(rows.integer(3));
    ++count;
    if (rows.integer(0) != count || next_link(link, name, content) != stored)
      damage.add(fmt::format("the checksum of {} (record {}) does not follow from the one before", name, count));
    count = rows.integer(0);
    link = stored;
    sealed[name] = content;
    last = name;
  }
  Statement seal(database_, "SELECT records, link, writing FROM seal WHERE one = 1");
  if (!seal.step())
    damage.add("its seal is missing");
  else if (seal.integer(0) > count)
    damage.add(fmt::format("the last {} of {} records are missing, all after {}", seal.integer(0) - count,
                           seal.integer(0), last.empty() ? "the start" : last));
  else if (seal.integer(0) != count || std::bit_cast<std::uint64_t>(seal.integer(1)) != link)
    damage.add(fmt::format("its seal does not fit the last record, {}", last.empty() ? "of none" : last));
  else if (seal.integer(2) != 0 && seal.integer(2) != 1)
    damage.add("its seal is not readable");
  for (const auto& [name, content] : sealed) {
    const auto found = contents.find(name);
    if (found == contents.end())
      damage.add(name + " is missing");
    else if (found->second != content)
      damage.add(name + " does not fit its checksum");
  }
  for (const auto& [name, content] : contents)
    if (sealed.count(name) == 0) damage.add(name + " was never recorded");
  damage.raise(database_.path());
}

}  // namespace dovetail::record
