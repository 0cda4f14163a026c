// SipHash, word by word.
#include <dovetail/engine/record/checksum.hpp>

#include <bit>

namespace dovetail {
namespace {

// Damage is no attack: the key only has to be the same for ever.
constexpr std::uint64_t key0 = 0x646f7665'7461696cU, key1 = 0x73746f72'65647266U;

std::uint64_t word_at(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return word;
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round(), round();
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t siphash24(std::string_view bytes, std::uint64_t first, std::uint64_t second) {
  State state{first ^ 0x736f6d6570736575U, second ^ 0x646f72616e646f6dU, first ^ 0x6c7967656e657261U,
              second ^ 0x7465646279746573U};
  const std::size_t whole = bytes.size() / 8 * 8;
  for (std::size_t at = 0; at < whole; at += 8) state.take(word_at(bytes, at, 8));
  state.take(word_at(bytes, whole, bytes.size() - whole) | std::uint64_t{bytes.size()} << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

Checksum& Checksum::add(std::uint64_t word) {
  for (int i = 0; i < 8; ++i) bytes_ += static_cast<char>(word >> (8 * i) & 0xff);
  return *this;
}

Checksum& Checksum::add(std::string_view text) {
  add(std::uint64_t{text.size()});
  bytes_ += text;
  return *this;
}

std::uint64_t Checksum::value() const {
  return siphash24(bytes_, key0, key1);
}

}  // namespace dovetail
