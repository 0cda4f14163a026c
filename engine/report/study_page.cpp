// A study as one self-contained HTML page.
#include <dovetail/engine/report/study_page.hpp>

#include <span>
#include <string_view>

#include <dovetail/workloads/text/embedded.hpp>

namespace dovetail::embedded {
std::span<const File> page();    // report.html and report.js
std::span<const File> charts();  // vega, vega-lite and vega-embed, minified; empty when they were not fetched
}  // namespace dovetail::embedded

namespace dovetail {
namespace {

void replace(std::string& text, std::string_view mark, std::string_view by) {
  const std::size_t at = text.find(mark);
  if (at != std::string::npos) text.replace(at, mark.size(), by);
}

// Inside a script element only "</" can end it, and "<!--" can confuse it.
std::string script_safe(std::string text) {
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
    text.replace(at, 1, "\\u003c");
  }
  return text;
}

}  // namespace

bool html_charts_available() {
  return embedded::charts().size() == 3;
}

std::string html_page(const nlohmann::ordered_json& data) {
  std::string libraries;
  for (const char* name : {"vega.min", "vega-lite.min", "vega-embed.min"}) {
    const embedded::File* file = embedded::find(embedded::charts(), name);
    if (file != nullptr) libraries.append(file->text).append("\n");
  }
  std::string page(embedded::find(embedded::page(), "report")->text);
  // The script is filled in first and the data last, so that no mark inside the data is taken for ours.
  replace(page, "@SCRIPT@", embedded::find(embedded::page(), "script")->text);
  replace(page, "@LIBRARIES@", libraries);
  replace(page, "@DATA@", script_safe(data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
  return page;
}

}  // namespace dovetail
