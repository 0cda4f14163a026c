// The line protocol of ask/tell: JSON in, JSON out, whatever comes in.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dovetail/engine/design/points/point_json.hpp>
#include <dovetail/engine/study/ask_tell.hpp>
#include <dovetail/workloads/text/diagnostics.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

constexpr int max_depth = 16;
constexpr std::size_t max_line = std::size_t{16} << 20;

// Replaces numbers that JSON cannot hold (NaN, Infinity, 1e999) by null; throws when brackets nest absurdly deep.
std::string without_infinities(std::string_view line) {
  std::string result;
  result.reserve(line.size());
  int depth = 0;
  for (std::size_t i = 0; i < line.size();) {
    const char c = line[i];
    if (c == '"') {
      std::size_t end = i + 1;
      while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, line.size());
      result.append(line.substr(i, end - i));
      i = end;
    } else if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '+') {
      std::size_t end = i + 1;
      const auto inside = [&](char d) {
        return std::isalnum(static_cast<unsigned char>(d)) || d == '.' || d == '-' || d == '+';
      };
      while (end < line.size() && inside(line[end])) ++end;
      const std::string token(line.substr(i, end - i));
      char* rest = nullptr;
      const double value = std::strtod(token.c_str(), &rest);
      result += rest && *rest == '\0' && rest != token.c_str() && !std::isfinite(value) ? "null" : token;
      i = end;
    } else {
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
      if (depth > max_depth) throw AskTellError("the line nests too deep");
      result += c;
      ++i;
    }
  }
  return result;
}

void check_keys(const Json& object, const std::vector<std::string>& allowed) {
  for (const auto& [name, value] : object.items())
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end())
      throw AskTellError("unknown key " + quote(name) + suggestion(name, allowed));
}

Tell read_outcome(const Json& entry, const Space& space) {
  if (!entry.is_object()) throw AskTellError("an outcome is an object with `id` or `point`, and `metrics` or `failed`");
  check_keys(entry, {"id", "point", "metrics", "failed"});
  Tell outcome;
  if (entry.contains("id") == entry.contains("point")) throw AskTellError("an outcome needs either `id` or `point`");
  if (entry.contains("metrics") == entry.contains("failed"))
    throw AskTellError("an outcome needs either `metrics` or `failed`");
  if (entry.contains("id")) {
    const Json& id = entry["id"];
    if (!id.is_number_integer() || (id.is_number_unsigned() && id.get<std::uint64_t>() > INT64_MAX))
      throw AskTellError("an id is the integer that `ask` gave");
    outcome.id = id.get<std::int64_t>();
  } else {
    std::string error;
    outcome.point = point_from_json(space, entry["point"], error);
    if (!outcome.point) throw AskTellError(error);
  }
  if (entry.contains("failed")) {
    if (!entry["failed"].is_string()) throw AskTellError("`failed` is a text, the reason");
    outcome.failed = entry["failed"].get<std::string>();
  } else {
    if (!entry["metrics"].is_object()) throw AskTellError("`metrics` is an object {name: number}");
    for (const auto& [name, value] : entry["metrics"].items()) {
      if (!value.is_number() && !value.is_null()) throw AskTellError("metric " + quote(name) + " is no number");
      outcome.metrics[name] = value.is_null() ? std::nan("") : value.get<double>();
    }
  }
  return outcome;
}

std::vector<Tell> read_list(const Json& tell, const Space& space) {
  if (!tell.is_array()) throw AskTellError("`tell` is a list of outcomes");
  std::vector<Tell> outcomes;
  for (std::size_t i = 0; i < tell.size(); ++i) {
    try {
      outcomes.push_back(read_outcome(tell[i], space));
    } catch (const AskTellError& error) {
      if (tell.size() == 1) throw;
      throw AskTellError(
          fmt::format("outcome {} of {}: {}; nothing of this line was recorded", i + 1, tell.size(), error.what()));
    }
  }
  return outcomes;
}

Json answer(AskTell& session, std::string_view line) {
  if (line.size() > max_line) throw AskTellError("the line is too long");
  const Json request = Json::parse(without_infinities(line));
  if (!request.is_object()) throw AskTellError("a line is an object with `ask` or `tell`");
  check_keys(request, {"ask", "tell"});
  if (request.contains("ask") == request.contains("tell")) throw AskTellError("a line needs either `ask` or `tell`");
  if (request.contains("ask")) {
    const Json& count = request["ask"];
    if (!count.is_number_integer() || count < 0 || count > AskTell::max_ask)
      throw AskTellError(fmt::format("`ask` is a number of points, an integer from 0 to {}", AskTell::max_ask));
    const std::vector<Trial> asked = session.ask(count.get<int>());
    Json trials = Json::array();
    for (const Trial& trial : asked)
      trials.push_back({{"id", trial.id}, {"point", point_to_json(session.space(), trial.point)}});
    Json reply{{"trials", std::move(trials)}};
    if (static_cast<int>(asked.size()) == count.get<int>()) return reply;
    if (session.exhausted())
      reply["exhausted"] = true;
    else
      reply["not_found"] =
          fmt::format("{} of {} points: no other feasible point was found in thousands of draws; there may be more",
                      asked.size(), count.get<int>());
    return reply;
  }
  const Json& tell = request["tell"];
  session.tell(read_list(tell, session.space()));
  Json reply{{"ok", true}, {"best", nullptr}};
  if (const std::optional<Trial> best = session.best())
    reply["best"] = {
        {"id", best->id}, {"point", point_to_json(session.space(), best->point)}, {"metrics", best->metrics}};
  return reply;
}

}  // namespace

std::vector<Tell> read_outcomes(std::string_view text, const Space& space) {
  if (text.size() > max_line) throw AskTellError("the text is too long");
  try {
    return read_list(Json::parse(without_infinities(text)), space);
  } catch (const Json::exception& error) {
    throw AskTellError(std::string("the text is no JSON: ") + error.what());
  }
}

std::string answer_line(AskTell& session, std::string_view line) {
  Json reply;
  try {
    reply = answer(session, line);
  } catch (const AskTellError& error) {
    reply = {{"error", error.what()}};
  } catch (const Json::exception& error) {
    reply = {{"error", std::string("the line is no JSON: ") + error.what()}};
  }
  return reply.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dovetail
