// Registers LayerbookAttention and LayerbookAttentionGrad with TensorFlow, by its C interface, when
// the addon loads. There are no such ops on a processor that is not x86-64 with AVX2, or from a
// compiler other than GCC; then attention runs as TensorFlow's own ops, see
// src/engine/ops/fusedAttention.ts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <atomic>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "attentionTiles.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace {

using namespace attention;

const char kOp[] = "LayerbookAttention";
const char kGradOp[] = "LayerbookAttentionGrad";

Functions functions;

// As many as TensorFlow's own ops use.
int64_t Threads() {
  static const int64_t threads = [] {
    const char* given = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int asked = given == nullptr ? 0 : std::atoi(given);
    return std::max<int64_t>(1, asked > 0 ? asked : std::thread::hardware_concurrency());
  }();
  return threads;
}

// Calls run(task, scratch) for each task. TensorFlow's C interface does not share its threads; to
// start some takes microseconds, an op of this kind milliseconds.
template <typename Run>
void InParallel(int64_t tasks, const Sizes& sizes, Run run) {
  std::atomic<int64_t> next{0};
  auto work = [&] {
    Scratch scratch(sizes);
    for (int64_t task = next++; task < tasks; task = next++) run(task, scratch);
  };
  std::vector<std::thread> others;
  try {
    for (int64_t i = 1; i < std::min(Threads(), tasks); ++i) others.emplace_back(work);
  } catch (const std::system_error&) {
    // No more threads are to be had: those that have started do the work.
  }
  work();
  for (std::thread& other : others) other.join();
}

// An op's attributes.
struct Attributes {
  float scale = 1.0f;
  unsigned char causal = 0;
};

void* Create(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes();
  TF_Status* status = TF_NewStatus();
  TF_OpKernelConstruction_GetAttrFloat(construction, "scale", &attributes->scale, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_OpKernelConstruction_GetAttrBool(construction, "causal", &attributes->causal, status);
  }
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return attributes;
}

void Delete(void* attributes) { delete static_cast<Attributes*>(attributes); }

// The inputs and outputs of one run. After a failure all are null, and the op has failed.
class Run {
 public:
  explicit Run(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  Run(const Run&) = delete;

  ~Run() {
    if (!Ok()) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  bool Ok() const { return TF_GetCode(status_) == TF_OK; }

  void Require(bool condition, const char* problem) {
    if (Ok() && !condition) TF_SetStatus(status_, TF_INVALID_ARGUMENT, problem);
  }

  const TF_Tensor* Input(int index, int rank) {
    TF_Tensor* tensor = nullptr;
    if (Ok()) TF_GetInput(context_, index, &tensor, status_);
    if (tensor != nullptr) tensors_.push_back(tensor);
    Require(tensor != nullptr && TF_NumDims(tensor) == rank, "an input has a wrong rank");
    return Ok() ? tensor : nullptr;
  }

  float* Output(int index, std::vector<int64_t> shape) {
    if (!Ok()) return nullptr;
    size_t bytes = sizeof(float);
    for (const int64_t size : shape) bytes *= size;
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, TF_FLOAT, shape.data(),
                                          static_cast<int>(shape.size()), bytes, status_);
    if (tensor != nullptr) tensors_.push_back(tensor);
    return Ok() ? static_cast<float*>(TF_TensorData(tensor)) : nullptr;
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

const float* DataOf(const TF_Tensor* tensor) {
  return static_cast<const float*>(TF_TensorData(tensor));
}

// q [heads, queries, dim], k [heads, keys, dim], v [heads, keys, valueDim]
struct Inputs {
  const float *q, *k, *v;
  int64_t heads;
  Sizes sizes;
};

// Reads and checks them; they count only if the run is still ok.
Inputs InputsOf(Run& run, const Attributes& attributes) {
  const TF_Tensor *q = run.Input(0, 3), *k = run.Input(1, 3), *v = run.Input(2, 3);
  if (!run.Ok()) return {};
  const Sizes sizes = {TF_Dim(q, 1), TF_Dim(k, 1),     TF_Dim(q, 2),
                       TF_Dim(v, 2), attributes.scale, attributes.causal != 0};
  run.Require(TF_Dim(k, 0) == TF_Dim(q, 0) && TF_Dim(v, 0) == TF_Dim(q, 0) &&
                  TF_Dim(k, 2) == sizes.dim && TF_Dim(v, 1) == sizes.keys,
              "queries, keys and values do not fit each other");
  run.Require(sizes.dim % kWidthStep == 0 && sizes.valueDim % kWidthStep == 0 && sizes.keys > 0,
              "widths must be multiples of 16, and there must be a key");
  return {DataOf(q), DataOf(k), DataOf(v), TF_Dim(q, 0), sizes};
}

int64_t TilesOf(const Sizes& sizes) { return (sizes.queries + kTile - 1) / kTile; }

void Compute(void* attributes, TF_OpKernelContext* context) {
  Run run(context);
  const Inputs in = InputsOf(run, *static_cast<Attributes*>(attributes));
  const Sizes& s = in.sizes;
  float* out = run.Output(0, {in.heads, s.queries, s.valueDim});
  float* logSums = run.Output(1, {in.heads, s.queries});
  if (!run.Ok()) return;
  const int64_t tiles = TilesOf(s);
  InParallel(in.heads * tiles, s, [&](int64_t task, Scratch& scratch) {
    const int64_t head = task / tiles;
    functions.forward(in.q + head * s.queries * s.dim, in.k + head * s.keys * s.dim,
                      in.v + head * s.keys * s.valueDim, out + head * s.queries * s.valueDim,
                      logSums + head * s.queries, s, task % tiles * kTile, scratch);
  });
}

void ComputeGrad(void* attributes, TF_OpKernelContext* context) {
  Run run(context);
  const Inputs in = InputsOf(run, *static_cast<Attributes*>(attributes));
  const Sizes& s = in.sizes;
  const TF_Tensor *out = run.Input(3, 3), *logSums = run.Input(4, 2), *dOut = run.Input(5, 3);
  float* dq = run.Output(0, {in.heads, s.queries, s.dim});
  float* dk = run.Output(1, {in.heads, s.keys, s.dim});
  float* dv = run.Output(2, {in.heads, s.keys, s.valueDim});
  if (!run.Ok()) return;
  const int64_t outSize = in.heads * s.queries * s.valueDim;
  run.Require(TF_TensorElementCount(out) == outSize && TF_TensorElementCount(dOut) == outSize &&
                  TF_TensorElementCount(logSums) == in.heads * s.queries,
              "the outputs do not fit the inputs");
  if (!run.Ok()) return;
  // All queries of a head add to the gradients of its keys and values. With fewer heads than
  // threads, each thread takes part of the queries and adds to numbers of its own.
  const int64_t tiles = TilesOf(s);
  const int64_t heads = std::max<int64_t>(1, in.heads);
  const int64_t parts = std::min(std::max<int64_t>(1, tiles), (Threads() + heads - 1) / heads);
  const int64_t dkSize = in.heads * s.keys * s.dim, dvSize = in.heads * s.keys * s.valueDim;
  std::vector<float> more((parts - 1) * (dkSize + dvSize), 0.0f);
  std::fill_n(dk, dkSize, 0.0f);
  std::fill_n(dv, dvSize, 0.0f);
  InParallel(in.heads * parts, s, [&](int64_t task, Scratch& scratch) {
    const int64_t head = task / parts, part = task % parts;
    float* own = more.data() + (part - 1) * (dkSize + dvSize);
    const Gradients to = {dq + head * s.queries * s.dim,
                          (part == 0 ? dk : own) + head * s.keys * s.dim,
                          (part == 0 ? dv : own + dkSize) + head * s.keys * s.valueDim};
    for (int64_t tile = part; tile < tiles; tile += parts) {
      functions.backward(in.q + head * s.queries * s.dim, in.k + head * s.keys * s.dim,
                         in.v + head * s.keys * s.valueDim,
                         DataOf(out) + head * s.queries * s.valueDim,
                         DataOf(logSums) + head * s.queries,
                         DataOf(dOut) + head * s.queries * s.valueDim, to, s, tile * kTile,
                         scratch);
    }
  });
  for (int64_t part = 1; part < parts; ++part) {
    const float* own = more.data() + (part - 1) * (dkSize + dvSize);
    for (int64_t i = 0; i < dkSize; ++i) dk[i] += own[i];
    for (int64_t i = 0; i < dvSize; ++i) dv[i] += own[dkSize + i];
  }
}

// Each output has the shape of the input that it is the gradient of.
void GradShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeHandle* shape = TF_NewShapeHandle();
  for (int i = 0; i < 3 && TF_GetCode(status) == TF_OK; ++i) {
    TF_ShapeInferenceContextGetInput(context, i, shape, status);
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, i, shape, status);
  }
  TF_DeleteShapeHandle(shape);
}

void Define(const char* name, std::vector<const char*> inputs, std::vector<const char*> outputs,
            void (*shapes)(TF_ShapeInferenceContext*, TF_Status*),
            void (*compute)(void*, TF_OpKernelContext*)) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  TF_OpDefinitionBuilderAddAttr(op, "scale: float");
  TF_OpDefinitionBuilderAddAttr(op, "causal: bool");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, shapes);
  TF_RegisterOpDefinition(op, status);
  // Where it is registered already, its kernel is too.
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* kernel = TF_NewKernelBuilder(name, "CPU", Create, compute, Delete);
    TF_RegisterKernelBuilder(name, kernel, status);
  }
  TF_DeleteStatus(status);
}

const bool defined = [] {
  functions = Choose();
  if (functions.forward == nullptr) return false;
  Define(kOp, {"q: float", "k: float", "v: float"}, {"out: float", "log_sums: float"},
         TF_ShapeInferenceContextSetUnknownShape, Compute);
  Define(kGradOp,
         {"q: float", "k: float", "v: float", "out: float", "log_sums: float", "d_out: float"},
         {"dq: float", "dk: float", "dv: float"}, GradShapes, ComputeGrad);
  return true;
}();

}  // namespace
#endif
