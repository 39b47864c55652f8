// Included before tfjs-node's own sources. How TensorFlow optimises a graph that is loaded decides
// how long its first call takes. Once, not twice: the second round finds nothing in our recorded
// graphs. On a processor no search for another layout (oneDNN has its own) nor for tensors to swap
// out of a GPU.
#include "tensorflow/c/c_api.h"

inline TF_SessionOptions* NewSessionOptions() {
  // A ConfigProto's bytes: graph_options { rewrite_options { … } }
#ifdef USES_GPU
  // meta_optimizer_iterations: ONE
  static const unsigned char config[] = {0x52, 0x04, 0x52, 0x02, 0x60, 0x01};
#else
  // layout_optimizer: OFF, memory_optimization: NO_MEM_OPT, meta_optimizer_iterations: ONE
  static const unsigned char config[] = {0x52, 0x08, 0x52, 0x06, 0x08,
                                         0x02, 0x20, 0x01, 0x60, 0x01};
#endif
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Status* status = TF_NewStatus();
  TF_SetConfig(options, config, sizeof(config), status);
  TF_DeleteStatus(status);
  return options;
}

#define TF_NewSessionOptions NewSessionOptions
