// SipHash against its authors' vectors, and lists that look alike.
#include <doctest/doctest.h>

#include <dovetail/engine/record/checksum.hpp>

using namespace dovetail;

TEST_CASE("SipHash-2-4 gives the authors' values") {
  // Aumasson & Bernstein, appendix A and the first rows of vectors.h: key 00 01 ... 0f, message 00 01 ...
  constexpr std::uint64_t key0 = 0x0706050403020100U, key1 = 0x0f0e0d0c0b0a0908U;
  std::string message;
  for (char c = 0; c < 15; ++c) message += c;
  CHECK(siphash24(message, key0, key1) == 0xa129ca6149be45e5U);
  CHECK(siphash24("", key0, key1) == 0x726fdb47dd0e0e31U);
  CHECK(siphash24(message.substr(0, 1), key0, key1) == 0x74f839c593dc67fdU);
  CHECK(siphash24(message.substr(0, 8), key0, key1) == 0x93f5f5799a932462U);
}

TEST_CASE("lists with the same bytes differently cut have other checksums") {
  CHECK(Checksum().add("ab").add("c").value() != Checksum().add("a").add("bc").value());
  CHECK(Checksum().add("ab").value() != Checksum().add("ab").add("").value());
  CHECK(Checksum().add("ab").value() == Checksum().add("ab").value());
}
