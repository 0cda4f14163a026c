// Runs the program from a test: words in, exit code, stdout and stderr out, never longer than a bounded time.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace dovetail::testing {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "dovetail-test-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
  }
};

inline std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Outcome {
  int code = -1;  ///< exit code; 128 + signal when killed
  std::string out, err;
};

/// A started program. Its output goes to files of the folder.
class Program {
 public:
  Program(const Folder& folder, const std::vector<std::string>& words, const std::string& input = "")
      : out_(folder.file("stdout")),
        err_(folder.file("stderr")) {
    const std::string in = folder.write("stdin", input);
    std::fflush(nullptr);  // the child would write our buffers once more
    pid_ = fork();
    if (pid_ == 0) {
      std::vector<char*> arguments;
      std::vector<std::string> copy = words;
      copy.insert(copy.begin(), DOVETAIL_PROGRAM);
      for (std::string& word : copy) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      if (freopen(in.c_str(), "r", stdin) == nullptr || freopen(out_.c_str(), "w", stdout) == nullptr ||
          freopen(err_.c_str(), "w", stderr) == nullptr || chdir(folder.path.c_str()) != 0) {
        _exit(99);
      }
      execv(DOVETAIL_PROGRAM, arguments.data());
      _exit(98);
    }
  }

  void signal(int number) const { kill(pid_, number); }

  Outcome wait(double limit_s = 120.0) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(limit_s);
    int status = 0;
    while (waitpid(pid_, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > end) {
        kill(pid_, SIGKILL);
        waitpid(pid_, &status, 0);
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, read(out_), read(err_)};
  }

 private:
  std::string out_, err_;
  pid_t pid_ = -1;
};

/// Runs a line of the shell in the folder, where $D is the program.
inline Outcome shell(const Folder& folder, const std::string& line) {
  const std::string script =
      folder.write("line.sh", "cd '" + folder.path.string() + "' || exit 99\nD='" DOVETAIL_PROGRAM "'\n" + line + "\n");
  std::fflush(nullptr);
  const int status = std::system(
      ("/bin/sh '" + script + "' >'" + folder.file("stdout") + "' 2>'" + folder.file("stderr") + "' </dev/null")
          .c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, read(folder.file("stdout")), read(folder.file("stderr"))};
}

inline Outcome run(const Folder& folder, const std::vector<std::string>& words, const std::string& input = "") {
  return Program(folder, words, input).wait();
}

}  // namespace dovetail::testing
