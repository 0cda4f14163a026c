// Files and built-in names (see the header).
#include <dovetail/engine/study/keys/named_file.hpp>

#include <algorithm>
#include <filesystem>
#include <vector>

#include <dovetail/workloads/network.hpp>

namespace dovetail {

std::string named_file(const std::string& folder, const std::string& name) {
  const bool path = name.find('/') != std::string::npos || name.find('.') != std::string::npos;
  if (folder.empty() || !path || name.front() == '/') return name;
  const std::string file = folder + "/" + name;
  const std::vector<std::string> zoo = zoo_names();
  std::error_code error;
  const bool built_in = std::find(zoo.begin(), zoo.end(), name) != zoo.end();
  return built_in && !std::filesystem::exists(file, error) ? name : file;
}

}  // namespace dovetail
