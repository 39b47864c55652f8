// Included before tfjs-node's own sources. A graph that is loaded is optimised once, not twice:
// the second round finds nothing in our recorded graphs and takes a third of their first call.
#include "tensorflow/c/c_api.h"

inline TF_SessionOptions* NewSessionOptions() {
  // ConfigProto { graph_options { rewrite_options { meta_optimizer_iterations: ONE } } }
  static const unsigned char config[] = {0x52, 0x04, 0x52, 0x02, 0x60, 0x01};
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_Status* status = TF_NewStatus();
  TF_SetConfig(options, config, sizeof(config), status);
  TF_DeleteStatus(status);
  return options;
}

#define TF_NewSessionOptions NewSessionOptions
