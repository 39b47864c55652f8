// TensorFlow 2.21 prints two lines when its library loads, before it reads TF_CPP_MIN_LOG_LEVEL.
// They would stand above every command's output and in every notebook. This small addon, which
// tfjs-node loads in place of its own, loads that one while stderr is held, and then lets through
// all that was said but INFO lines, where TF_CPP_MIN_LOG_LEVEL asks for silence.
#include <dlfcn.h>
#include <node_api.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

bool WantsQuiet() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  return level != nullptr && std::atoi(level) > 0;
}

// Lines such as "I0000 00:00:1795.6 1234 port.cc:153] …" and the heading above the first of them.
bool IsChatter(const std::string& line) {
  if (line.rfind("WARNING: All log messages before absl::InitializeLog", 0) == 0) return true;
  return line.size() > 5 && line[0] == 'I' && std::isdigit(line[1]) && std::isdigit(line[4]) &&
         line[5] == ' ';
}

// Holds what is written to stderr, by any thread, from its making to its end.
class HeldStderr {
 public:
  HeldStderr() : file_(std::tmpfile()) {
    if (file_ == nullptr) return;
    std::fflush(stderr);
    saved_ = dup(STDERR_FILENO);
    if (saved_ >= 0) dup2(fileno(file_), STDERR_FILENO);
  }

  ~HeldStderr() {
    if (file_ == nullptr) return;
    std::fflush(stderr);
    if (saved_ >= 0) {
      dup2(saved_, STDERR_FILENO);
      close(saved_);
      std::rewind(file_);
      std::string line;
      for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
        line += static_cast<char>(c);
        if (c == '\n') Pass(&line);
      }
      Pass(&line);
    }
    std::fclose(file_);
  }

 private:
  static void Pass(std::string* line) {
    if (!IsChatter(*line)) std::fputs(line->c_str(), stderr);
    line->clear();
  }

  std::FILE* file_;
  int saved_ = -1;
};

// An addon that was compiled on another machine does not know where TensorFlow's libraries are.
// Once they are loaded, it finds them by their names.
void* LoadBoth(const std::string& tensorflow, const std::string& binding) {
#ifdef __linux__
  if (!tensorflow.empty()) {
    for (const char* name : {"/libtensorflow_framework.so.2", "/libtensorflow_cc.so.2"}) {
      if (dlopen((tensorflow + name).c_str(), RTLD_LAZY) == nullptr) return nullptr;
    }
  }
#endif
  return dlopen(binding.c_str(), RTLD_LAZY);
}

void* LoadBinding() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&LoadBinding), &info) == 0) return nullptr;
  const std::string self = info.dli_fname;
  const std::string folder = self.substr(0, self.rfind('/') + 1);
  const std::string file = folder + "tfjs_tensorflow.node";
  std::string tensorflow;
  std::getline(std::ifstream(folder + "tensorflow.path"), tensorflow);
  if (!WantsQuiet()) return LoadBoth(tensorflow, file);
  HeldStderr held;
  return LoadBoth(tensorflow, file);
}

}  // namespace

NAPI_MODULE_INIT() {
  void* binding = LoadBinding();
  auto init = binding == nullptr ? nullptr
                                 : reinterpret_cast<napi_addon_register_func>(
                                       dlsym(binding, "napi_register_module_v1"));
  if (init == nullptr) {
    const char* reason = dlerror();
    napi_throw_error(env, "ERR_DLOPEN_FAILED", reason == nullptr ? "cannot load" : reason);
    return nullptr;
  }
  return init(env, exports);
}
