// A PostgreSQL server of a test's own: a cluster in a temporary folder on a socket, as an ordinary user, stopped at the
// end.
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace dovetail::testing {

class PostgresServer {
 public:
  /// Null where PostgreSQL is not installed, or nobody is there to run it; `why` says which.
  static std::unique_ptr<PostgresServer> start(std::string& why) {
    std::string programs;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error))
      if (std::filesystem::exists(entry.path() / "bin/initdb")) programs = (entry.path() / "bin").string();
    if (programs.empty() && std::system("command -v initdb pg_ctl >/dev/null 2>&1") != 0) {
      why = "PostgreSQL is not installed";
      return nullptr;
    }
    auto server = std::unique_ptr<PostgresServer>(new PostgresServer(programs));
    if (!server->begin()) {
      why = "PostgreSQL could not be started: " + server->log();
      return nullptr;
    }
    return server;
  }

  ~PostgresServer() {
    control("-m immediate stop");
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// The address of a database that exists, with the name of a study.
  std::string url(const std::string& study = "") const {
    return "postgresql:///postgres?host=" + folder_.string() + "&user=dovetail" + (study.empty() ? "" : "#" + study);
  }
  /// As after a crash: nothing is written down before it ends.
  bool restart() const { return control("-m immediate restart " + options()); }
  bool stop() const { return control("-m fast stop"); }
  bool go_on() const { return control("start " + options()); }

  /// The answer of psql, unaligned.
  std::string ask(const std::string& sql) const {
    const std::string out = (folder_ / "answer").string();
    std::ofstream(folder_ / "question.sql") << sql;
    const std::string address = "host=" + folder_.string() + " user=dovetail dbname=postgres";
    if (std::system(("'" + program("psql") + "' -qAt '" + address + "' -f '" + (folder_ / "question.sql").string() +
                     "' >'" + out + "' 2>&1")
                        .c_str()) != 0) {
    }
    std::ifstream file(out);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

 private:
  explicit PostgresServer(std::string programs) : programs_(std::move(programs)) {
    std::string name = (std::filesystem::temp_directory_path() / "dovetail-pg-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }

  std::string program(const std::string& name) const { return programs_.empty() ? name : programs_ + "/" + name; }

  // PostgreSQL does not run as root.
  bool shell(const std::string& words) const {
    std::string line = words;
    if (getuid() == 0)
      line = "setpriv --reuid=" + user_ + " --regid=" + user_ + " --clear-groups -- env HOME=/tmp " + words;
    return std::system(("cd / && " + line + " >>'" + (folder_ / "log").string() + "' 2>&1 </dev/null").c_str()) == 0;
  }
  std::string options() const {
    return "-o \"-c listen_addresses= -c unix_socket_directories=" + folder_.string() +
           " -c fsync=off -c shared_buffers=16MB -c max_connections=40\"";
  }
  bool control(const std::string& words) const {
    return shell("'" + program("pg_ctl") + "' -w -t 60 -D '" + (folder_ / "data").string() + "' -l '" +
                 (folder_ / "server.log").string() + "' " + words);
  }
  bool begin() {
    if (getuid() == 0) {
      user_ = std::system("id -u postgres >/dev/null 2>&1") == 0 ? "postgres" : "nobody";
      if (std::system(("chown " + user_ + " '" + folder_.string() + "'").c_str()) != 0) return false;
    }
    return shell("'" + program("initdb") +
                 "' -A trust -U dovetail -E UTF8 --no-locale --no-sync --no-instructions -D '" +
                 (folder_ / "data").string() + "'") &&
           go_on();
  }
  std::string log() const {
    std::ifstream file(folder_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string programs_, user_;
  std::filesystem::path folder_;
};

}  // namespace dovetail::testing
