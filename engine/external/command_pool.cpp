// The processes of a command, and what becomes of those that fail.
#include <dovetail/engine/external/command_pool.hpp>

#include <algorithm>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include <dovetail/engine/external/line_process.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_kept = 200'000;
constexpr std::size_t longest_reason = 200;

// A reason as one line of a table.
std::string reason_line(std::string text) {
  if (text.size() > longest_reason) text.resize(longest_reason);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = ' ';
  return text.find_first_not_of(' ') == std::string::npos ? "failed without a reason" : text;
}

}  // namespace

struct CommandPool::Workers {
  std::string command, option;
  double timeout_s = 60.0;
  std::mutex mutex;
  std::vector<std::unique_ptr<LineProcess>> idle;
  std::unordered_map<std::string, Answer> known;
  std::set<std::string> questions;
  std::int64_t asked = 0;
  bool ever_answered = false;

  std::unique_ptr<LineProcess> take() {
    const std::lock_guard<std::mutex> lock(mutex);
    if (idle.empty()) return nullptr;
    auto process = std::move(idle.back());
    idle.pop_back();
    return process;
  }

  // The answer of one process; none when an earlier question may be what it failed at.
  std::pair<Answer, bool> ask(std::unique_ptr<LineProcess> process, const std::string& line,
                              const std::function<bool()>& stop) {
    const LineProcess::Reply reply = process->ask(line, timeout_s, stop);
    const std::lock_guard<std::mutex> lock(mutex);
    switch (reply.ending) {
      case LineProcess::Ending::stopped:
        return {{nullptr, "", true}, true};
      case LineProcess::Ending::timeout:
        return {{nullptr, fmt::format("no answer within {} s", timeout_s), false}, true};
      case LineProcess::Ending::ended:
        if (!ever_answered && (reply.exit_code == 126 || reply.exit_code == 127))
          throw CommandMissing({option, 0, 0, ""},
                               fmt::format("the shell cannot run {} (exit code {})", quote(command), reply.exit_code));
        return {{nullptr, reason_line(reply.text), false}, false};
      case LineProcess::Ending::answered:
        break;
    }
    Answer answer;
    answer.value = Json::parse(reply.text, nullptr, false);
    if (answer.value.is_discarded() || !answer.value.is_object()) {
      const bool json = !answer.value.is_discarded();
      return {{nullptr, reason_line("answered no JSON object: " + quote(reply.text.substr(0, 60))), false}, json};
    }
    ever_answered = true;
    idle.push_back(std::move(process));
    for (const char* key : {"failed", "error"}) {
      const auto found = answer.value.find(key);
      if (found == answer.value.end() || found->is_null()) continue;
      answer.failure = reason_line(found->is_string() ? found->get<std::string>()
                                                      : found->dump(-1, ' ', false, Json::error_handler_t::replace));
      break;
    }
    return {std::move(answer), true};
  }
};

CommandPool::CommandPool(std::string command, double timeout_s, std::string option)
    : workers_(std::make_unique<Workers>()) {
  workers_->command = std::move(command);
  workers_->timeout_s = timeout_s;
  workers_->option = std::move(option);
}

CommandPool::~CommandPool() = default;

CommandPool::Answer CommandPool::ask(const std::string& line, const std::function<bool()>& stop) const {
  Workers& workers = *workers_;
  {
    const std::lock_guard<std::mutex> lock(workers.mutex);
    ++workers.asked;
    if (workers.questions.size() < most_kept) workers.questions.insert(line);
    if (const auto found = workers.known.find(line); found != workers.known.end()) return found->second;
  }
  std::pair<Answer, bool> answer{{}, false};
  if (auto used = workers.take(); used && !used->has_spoken()) answer = workers.ask(std::move(used), line, stop);
  if (!answer.second) answer = workers.ask(std::make_unique<LineProcess>(workers.command), line, stop);
  if (answer.first.stopped) return answer.first;
  const std::lock_guard<std::mutex> lock(workers.mutex);
  if (workers.known.size() < most_kept) workers.known.emplace(line, answer.first);
  return answer.first;
}

std::int64_t CommandPool::asked() const {
  const std::lock_guard<std::mutex> lock(workers_->mutex);
  return workers_->asked;
}

std::int64_t CommandPool::distinct() const {
  const std::lock_guard<std::mutex> lock(workers_->mutex);
  return static_cast<std::int64_t>(workers_->questions.size());
}

}  // namespace dovetail
