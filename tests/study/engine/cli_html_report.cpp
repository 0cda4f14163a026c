// The HTML page of a study that ended and of one that was cut off: self-contained, and drawn without an error by a
// browser.
#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/program.hpp"
#include "support/reference_data.hpp"

using namespace dovetail::testing;

namespace {

std::vector<std::string> study(const std::string& store, const std::string& trials) {
  return {"optimize", "--workload", "mlp",      "--family", "eyeriss",         "--designer", "evolution",
          "--mapper", "random",     "--budget", "200",      "--trials",        trials,       "--store",
          store,      "--threads",  "1",        "--spec",   "area_um2<=6.5e6", "--spec",     "power_mw<=650"};
}

// A browser that prints the page after its scripts have run; empty without one.
std::string browser() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
    const std::string look = std::string("command -v ") + name + " >/dev/null 2>&1";
    if (std::system(look.c_str()) == 0) return name;
  }
  return "";
}

std::string drawn(const Folder& folder, const std::string& page) {
  const std::string command = "cd " + folder.path.string() + " && HOME=" + folder.path.string() + " timeout 60 " +
                              browser() +
                              " --headless --no-sandbox --disable-gpu --virtual-time-budget=8000 --dump-dom file://" +
                              page + " > dom 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  // The scripts themselves stand in the page as well: what they drew comes before the data.
  const std::string dom = read(folder.file("dom"));
  return dom.substr(0, dom.find("<script"));
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("the page of a finished study stands alone and draws every section") {
  const Folder folder;
  const std::string store = folder.file("a.db"), page = folder.file("a.html");
  REQUIRE(run(folder, study(store, "40")).code == 0);
  const Outcome outcome = run(folder, {"report", store, "--html", page});
  REQUIRE(outcome.code == 0);
  const bool charts = outcome.err.find("without the chart library") == std::string::npos;
  const std::string text = read(page);
  // Nothing is fetched: no element of ours names another file.
  const std::string frame = text.substr(0, text.find("<script"));
  for (const char* fetching : {"src=", "href=", "url(", "@import"}) CHECK(frame.find(fetching) == std::string::npos);
  CHECK(text.find("<script src") == std::string::npos);
  CHECK(text.find("\"calibration_coverage\"") != std::string::npos);
  if (browser().empty()) {
    dovetail::testing::skip("no Chromium here to draw the page with");
    return;
  }
  const std::string dom = drawn(folder, page);
  for (const char* section :
       {"mlp on eyeriss", "Best design beside the hand design", "The accelerator", "Convergence", "Trade-offs",
        "Energy by layer", "By memory and tensor", "Area", "Roofline", "Layers and loop nests",
        "Infeasible trials by reason", "Surrogate calibration", "Parameter effects"}) {
    CAPTURE(section);
    CHECK(dom.find(section) != std::string::npos);
  }
  CHECK(dom.find("in parallel (") != std::string::npos);
  CHECK(dom.find("chart: ") == std::string::npos);  // an error of the chart library
  for (const char* wrong : {"NaN", "undefined", "[object"}) CHECK(dom.find(wrong) == std::string::npos);
  if (charts) {
    CHECK(count(dom, "marks\" ") + count(dom, "class=\"marks\"") >= 15);
    CHECK(dom.find("not part of the build") == std::string::npos);
  } else {
    MESSAGE("built without the chart library: tables only");
    CHECK(dom.find("not part of the build") != std::string::npos);
  }
}

TEST_CASE("a study that was cut off, also before its first trial, has a page") {
  const Folder folder;
  const std::string store = folder.file("cut.db"), page = folder.file("cut.html");
  Program program(folder, study(store, "100000"));
  for (int i = 0; i < 600 && run(folder, {"report", store}).code != 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const Outcome running = run(folder, {"report", store, "--html", page});
  program.signal(SIGKILL);
  program.wait();
  CHECK((running.code == 0 || running.code == 6));
  const Outcome outcome = run(folder, {"report", store, "--html", page});
  REQUIRE(outcome.code == 0);
  CHECK(read(page).find("running or cut off") != std::string::npos);
  if (browser().empty()) return;
  const std::string dom = drawn(folder, page);
  CHECK(dom.find("mlp on eyeriss") != std::string::npos);
  CHECK(dom.find("cut off") != std::string::npos);
  for (const char* wrong : {"NaN", "undefined", "[object"}) CHECK(dom.find(wrong) == std::string::npos);
}
