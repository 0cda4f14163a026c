// The page of a search over networks: pictures as SVG, without scripts.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include <dovetail/engine/report/explore/exploration_report.hpp>
#include <dovetail/engine/report/explore/system_report.hpp>
#include <dovetail/engine/report/text/table.hpp>

namespace dovetail {
namespace {

using Json = nlohmann::ordered_json;

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '&')
      result += "&amp;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

struct Dot {
  double x = 0.0, y = 0.0;
  bool feasible = false, front = false;
  std::string label;
};

// A round step for about five marks.
double step_of(double width) {
  const double raw = width / 5.0, power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw) return factor * power;
  return 10.0 * power;
}

std::string scatter(std::vector<Dot> dots, const std::string& x_name, const std::string& y_name, bool x_small,
                    bool y_small) {
  if (dots.empty()) return "<p>No trial has both metrics.</p>";
  for (Dot& dot : dots)
    dot.front = dot.feasible && std::none_of(dots.begin(), dots.end(), [&](const Dot& other) {
                  const auto good = [](double a, double b, bool small) { return small ? a <= b : a >= b; };
                  return other.feasible && (other.x != dot.x || other.y != dot.y) && good(other.x, dot.x, x_small) &&
                         good(other.y, dot.y, y_small);
                });
  double left = dots[0].x, right = dots[0].x, low = dots[0].y, high = dots[0].y;
  for (const Dot& dot : dots)
    left = std::min(left, dot.x), right = std::max(right, dot.x), low = std::min(low, dot.y),
    high = std::max(high, dot.y);
  if (right == left) right += 1.0;
  if (high == low) high += 1.0;
  constexpr double width = 640, height = 360, margin = 56;
  const auto place_x = [&](double x) { return margin + (x - left) / (right - left) * (width - margin - 16); };
  const auto place_y = [&](double y) { return height - 40 - (y - low) / (high - low) * (height - 40 - 16); };
  std::string svg = fmt::format("<svg viewBox='0 0 {} {}' width='{}' role='img' aria-label='{} against {}'>", width,
                                height, width, escaped(y_name), escaped(x_name));
  for (double x = std::ceil(left / step_of(right - left)) * step_of(right - left); x <= right;
       x += step_of(right - left))
    svg += fmt::format(
        "<line x1='{0:.1f}' x2='{0:.1f}' y1='16' y2='{1:.1f}' class='grid'/><text x='{0:.1f}' y='{2:.1f}' "
        "text-anchor='middle'>{3:.4g}</text>",
        place_x(x), height - 40, height - 24, x);
  for (double y = std::ceil(low / step_of(high - low)) * step_of(high - low); y <= high; y += step_of(high - low))
    svg += fmt::format(
        "<line y1='{0:.1f}' y2='{0:.1f}' x1='{1}' x2='{2}' class='grid'/><text x='{3}' y='{4:.1f}' "
        "text-anchor='end'>{5:.4g}</text>",
        place_y(y), margin, width - 16, margin - 6, place_y(y) + 4, y);
  std::vector<Dot> front;
  for (const Dot& dot : dots)
    if (dot.front) front.push_back(dot);
  std::sort(front.begin(), front.end(), [](const Dot& a, const Dot& b) { return a.x < b.x; });
  std::string path;
  for (const Dot& dot : front)
    path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", place_x(dot.x), place_y(dot.y));
  svg += fmt::format("<polyline points='{}' class='front'/>", path);
  for (const Dot& dot : dots)
    svg += fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='{}' class='{}'><title>{}</title></circle>", place_x(dot.x),
                       place_y(dot.y), dot.front ? 4 : 3,
                       dot.front      ? "best"
                       : dot.feasible ? "good"
                                      : "bad",
                       escaped(dot.label));
  return svg + fmt::format(
                   "<text x='{}' y='{}' text-anchor='middle'>{}</text><text x='14' y='{}' transform='rotate(-90 14 "
                   "{})' text-anchor='middle'>{}</text></svg>",
                   width / 2, height - 6, escaped(x_name), height / 2, height / 2, escaped(y_name));
}

// Layers in columns by their distance from the input, edges between them.
std::string graph(const Json& workload) {
  std::vector<std::string> names, texts;
  std::vector<std::vector<std::size_t>> reads;
  std::map<std::string, std::size_t> at;
  for (const Json& entry : workload["layers"]) {
    const auto item = entry.begin();
    at[item.key()] = names.size();
    std::vector<std::size_t> before;
    const Json& fields = item.value();
    if (!fields.contains("after")) {
      if (!names.empty()) before.push_back(names.size() - 1);
    } else {
      for (const Json& name : fields["after"])
        if (const auto found = at.find(name.get<std::string>()); found != at.end()) before.push_back(found->second);
    }
    names.push_back(item.key());
    std::string text = item.key();
    for (const auto& [key, value] : fields.items())
      if (key != "after")
        text += fmt::format(" {}: {}", key, value.is_string() ? value.get<std::string>() : value.dump());
    texts.push_back(std::move(text));
    reads.push_back(std::move(before));
  }
  std::vector<int> column(names.size(), 0), row(names.size(), 0);
  std::map<int, int> used;
  int columns = 0, rows = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (const std::size_t before : reads[i]) column[i] = std::max(column[i], column[before] + 1);
    row[i] = used[column[i]]++;
    columns = std::max(columns, column[i] + 1);
    rows = std::max(rows, row[i] + 1);
  }
  constexpr int per_line = 24, cell = 36;
  const int lines = (columns + per_line - 1) / per_line, line_height = rows * 26 + 20;
  const auto x = [&](std::size_t i) { return 20 + (column[i] % per_line) * cell; };
  const auto y = [&](std::size_t i) { return 16 + (column[i] / per_line) * line_height + row[i] * 26; };
  std::string svg = fmt::format("<svg viewBox='0 0 {} {}' width='{}' role='img' aria-label='the network'>",
                                per_line * cell + 20, lines * line_height, per_line * cell + 20);
  for (std::size_t i = 0; i < names.size(); ++i)
    for (const std::size_t before : reads[i])
      if (column[before] / per_line == column[i] / per_line)
        svg += fmt::format("<line x1='{}' y1='{}' x2='{}' y2='{}' class='edge'/>", x(before), y(before), x(i), y(i));
  for (std::size_t i = 0; i < names.size(); ++i)
    svg += fmt::format("<circle cx='{}' cy='{}' r='8' class='{}'><title>{}</title></circle>", x(i), y(i),
                       texts[i].find("depthwise:") != std::string::npos ? "depthwise"
                       : texts[i].find("matmul:") != std::string::npos  ? "matmul"
                                                                        : "conv",
                       escaped(texts[i]));
  return svg + "</svg>";
}

std::string html_table(const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<table>";
  for (std::size_t r = 0; r < rows.size(); ++r) {
    html += "<tr>";
    for (const std::string& cell : rows[r]) html += fmt::format("<{0}>{1}</{0}>", r == 0 ? "th" : "td", escaped(cell));
    html += "</tr>";
  }
  return html + "</table>";
}

std::string cell_of(const Json& value) {
  return value.is_number()   ? short_number(value.get<double>())
         : value.is_string() ? value.get<std::string>()
         : value.is_null()   ? "-"
                             : value.dump();
}

}  // namespace

std::string exploration_page(const Json& result, const Json& trials) {
  const std::string y_name = result["objective"].get<std::string>();
  const bool y_small = result["objectives"][0]["minimize"].get<bool>();
  // Against a second objective, or the metric of the first limit, or a price.
  std::string x_name;
  bool x_small = true;
  if (result["objectives"].size() > 1) {
    x_name = result["objectives"][1]["metric"].get<std::string>();
    x_small = result["objectives"][1]["minimize"].get<bool>();
  }
  for (const char* name : {"latency_ms", "energy_mj", "macs", "parameters"})
    for (const Json& stage : result["stages"])
      for (const Json& metric : stage["metrics"])
        if (x_name.empty() && metric == name && y_name != name) x_name = name;
  std::vector<Dot> dots;
  for (const Json& trial : trials) {
    const Json& metrics = trial["metrics"];
    if (x_name.empty() || !metrics.contains(x_name) || !metrics.contains(y_name) || !metrics[x_name].is_number() ||
        !metrics[y_name].is_number())
      continue;
    dots.push_back({metrics[x_name].get<double>(), metrics[y_name].get<double>(), trial["outcome"] == "feasible", false,
                    fmt::format("trial {} {}", trial["id"].dump(), trial.value("key", ""))});
  }
  std::string names;
  for (const Json& name : result["networks"]) names += (names.empty() ? "" : ", ") + name.get<std::string>();
  std::string html =
      "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' "
      "content='width=device-width'><title>" +
      escaped(names) +
      "</title><style>body{font:15px system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
      "svg{max-width:100%;height:auto}svg text{font-size:11px;fill:#444}.grid{stroke:#ddd}.front{fill:none;stroke:#0b6}"
      ".best{fill:#0b6}.good{fill:#69c}.bad{fill:#ccc}.edge{stroke:#aaa}.conv{fill:#69c}.depthwise{fill:#fb6}.matmul{"
      "fill:#9a7}"
      "table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.15rem "
      ".6rem;text-align:left;border-bottom:1px solid #eee}"
      ".wide{overflow-x:auto}</style>";
  html += fmt::format("<h1>{}{}</h1>", escaped(names),
                      result["family"].is_string() ? " on " + escaped(result["family"].get<std::string>()) : "");
  html += "<pre>" + escaped(exploration_text(result)) + "</pre>";
  html +=
      fmt::format("<h2>{} against {}</h2><p>Green: none is better in both. Blue: feasible. Grey: breaks a limit.</p>",
                  escaped(y_name), escaped(x_name.empty() ? "nothing" : x_name));
  html += scatter(std::move(dots), x_name, y_name, x_small, y_small);
  if (result["best"].is_object() && result["best"].contains("system") && result["best"]["system"].is_object())
    html +=
        "<h2>Schedule</h2><p>A row per machine; pointing at a layer tells what moving it would cost.</p><div "
        "class='wide'>" +
        system_svg(result["best"]["system"]) + "</div>";
  if (result["best"].is_object() && result["best"].contains("networks"))
    for (const Json& network : result["best"]["networks"])
      html += fmt::format(
          "<h2>Best network{}</h2><p>A circle is a layer (blue: convolution, orange: depthwise, green: matrix "
          "product); pointing at one tells its shape.</p>{}",
          network.contains("task") ? ", " + escaped(network["task"].get<std::string>()) : "",
          graph(network["workload"]));
  std::vector<std::vector<std::string>> rows = {{"trial", "outcome", "network"}};
  std::set<std::string> columns;
  for (const Json& trial : trials)
    for (const auto& entry : trial["metrics"].items())
      if (entry.key() != Exploration::stages_metric) columns.insert(entry.key());
  rows[0].insert(rows[0].end(), columns.begin(), columns.end());
  rows[0].emplace_back("reason");
  constexpr std::size_t most = 500;
  for (const Json& trial : trials) {
    if (rows.size() > most) break;
    std::vector<std::string> row = {trial["id"].dump(), trial["outcome"].get<std::string>(), trial.value("key", "")};
    for (const std::string& name : columns)
      row.push_back(trial["metrics"].contains(name) ? cell_of(trial["metrics"][name]) : "-");
    row.push_back(trial["reason"].is_string() ? trial["reason"].get<std::string>() : "");
    rows.push_back(std::move(row));
  }
  html += fmt::format("<h2>Trials{}</h2><div class='wide'>",
                      trials.size() >= most ? fmt::format(" (the first {} of {})", most, trials.size()) : "") +
          html_table(rows) + "</div></html>\n";
  return html;
}

}  // namespace dovetail
