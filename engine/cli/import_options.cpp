#include "import_options.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace dovetail::cli {

void add_import_options(CLI::App& command, ImportOptions& options) {
  std::string help = "Format of the workload, where its suffix and content do not tell:";
  for (const Format& format : formats()) help += fmt::format(" {} = {};", format.name, format.about);
  help.pop_back();
  command.add_option("--from", options.from, help)->check(CLI::IsMember(format_names()))->type_name("FORMAT");
}

void print_remarks(const std::vector<Remark>& remarks) {
  for (const Remark& remark : remarks)
    fmt::print(stderr, "{}\n", to_string(Diagnostic{remark.where, to_string(remark), Severity::note}));
}

}  // namespace dovetail::cli
