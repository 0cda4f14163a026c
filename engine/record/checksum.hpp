// A checksum that tells a damaged record from a whole one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dovetail {

/// SipHash-2-4 of some bytes (Aumasson & Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012) under a key of
/// two words. Any change goes unnoticed with a probability of 2^-64.
std::uint64_t siphash24(std::string_view bytes, std::uint64_t key0, std::uint64_t key1);

/// The checksum of a list of texts, each with its length, so that no two lists have the same bytes.
class Checksum {
 public:
  Checksum& add(std::string_view text);
  Checksum& add(std::uint64_t word);
  std::uint64_t value() const;

 private:
  std::string bytes_;
};

}  // namespace dovetail
