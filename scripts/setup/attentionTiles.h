// Attention in tiles (Dao et al. 2022, arXiv:2205.14135): softmax(scale q kᵀ) v and its gradients
// without the matrix of weights, which is made again tile by tile for the gradient.
//
// A tile is kTile queries by kTile keys. Its logits are kept transposed, one row per key, so that
// queries lie side by side in vector registers and a softmax over keys needs no sum across lanes.
// Every product is then a small C += A B whose A is read number by number and whose B is read
// vector by vector: see AddProduct.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace attention {

#define ATTENTION_INLINE inline __attribute__((always_inline))

constexpr int64_t kTile = 64;
// Widths of queries, keys and values are multiples of it.
constexpr int64_t kWidthStep = 16;
constexpr float kLog2E = 1.44269504f;

struct Sizes {
  int64_t queries, keys, dim, valueDim;
  float scale;
  bool causal;

  // The keys that the queries before `end` may attend: all where it is not causal.
  int64_t KeysBefore(int64_t end) const { return causal ? std::min(keys, end) : keys; }
};

template <int Lanes>
struct Vectors {
  typedef float Float __attribute__((vector_size(Lanes * 4), aligned(4), may_alias));
  typedef int32_t Int __attribute__((vector_size(Lanes * 4), aligned(4), may_alias));
};

// A matrix whose entries are read one by one.
struct Entries {
  const float* data;
  int64_t rowStep, columnStep;
};

// Rows x N vectors of C += A B, held in registers.
template <int Lanes, int Rows, int N>
ATTENTION_INLINE void AddBlock(float* c, int64_t cStep, Entries a, const float* b, int64_t bStep,
                               int64_t inner) {
  using Float = typename Vectors<Lanes>::Float;
  Float sums[Rows][N];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) sums[r][n] = *(const Float*)(c + r * cStep + n * Lanes);
  }
  for (int64_t k = 0; k < inner; ++k) {
    Float row[N];
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) row[n] = *(const Float*)(b + k * bStep + n * Lanes);
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const float entry = a.data[r * a.rowStep + k * a.columnStep];
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) sums[r][n] += entry * row[n];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) *(Float*)(c + r * cStep + n * Lanes) = sums[r][n];
  }
}

template <int Lanes, int Rows, int N>
ATTENTION_INLINE void AddRows(float* c, int64_t cStep, int64_t rows, Entries a, const float* b,
                              int64_t bStep, int64_t inner) {
  int64_t r = 0;
  for (; r + Rows <= rows; r += Rows) {
    const Entries block = {a.data + r * a.rowStep, a.rowStep, a.columnStep};
    AddBlock<Lanes, Rows, N>(c + r * cStep, cStep, block, b, bStep, inner);
  }
  for (; r < rows; ++r) {
    const Entries block = {a.data + r * a.rowStep, a.rowStep, a.columnStep};
    AddBlock<Lanes, 1, N>(c + r * cStep, cStep, block, b, bStep, inner);
  }
}

// C [rows, columns] += A [rows, inner] B [inner, columns]; columns is a multiple of kWidthStep.
template <int Lanes>
ATTENTION_INLINE void AddProduct(float* c, int64_t cStep, int64_t rows, int64_t columns, Entries a,
                                 const float* b, int64_t bStep, int64_t inner) {
  int64_t n = 0;
  // As many sums as there are registers for.
  if constexpr (Lanes == 16) {
    for (; n + 64 <= columns; n += 64) {
      AddRows<16, 6, 4>(c + n, cStep, rows, a, b + n, bStep, inner);
    }
    for (; n + 32 <= columns; n += 32) {
      AddRows<16, 8, 2>(c + n, cStep, rows, a, b + n, bStep, inner);
    }
    for (; n < columns; n += 16) AddRows<16, 8, 1>(c + n, cStep, rows, a, b + n, bStep, inner);
  } else {
    for (; n < columns; n += 2 * Lanes) {
      AddRows<Lanes, 4, 2>(c + n, cStep, rows, a, b + n, bStep, inner);
    }
  }
}

// Replaces x by 2 to the power of x: 0 below 2^-126, and NaN for NaN.
template <int Lanes>
ATTENTION_INLINE void Exp2(typename Vectors<Lanes>::Float& x) {
  using Float = typename Vectors<Lanes>::Float;
  using Int = typename Vectors<Lanes>::Int;
  // Adding it leaves the nearest integer in the lowest bits.
  const float shift = 12582912.0f;
  const Float shifted = x + shift;
  const Float rest = x - (shifted - shift);
  // The Taylor series of exp(rest ln 2) for a rest of at most 1/2.
  Float power = 1.5403530e-4f * rest + 1.3333558e-3f;
  power = power * rest + 9.6181291e-3f;
  power = power * rest + 5.5504109e-2f;
  power = power * rest + 2.4022651e-1f;
  power = power * rest + 6.9314718e-1f;
  power = power * rest + 1.0f;
  const Float result = (Float)((Int)power + ((Int)shifted << 23));
  x = x < -126.0f ? Float{} : result;
}

// Numbers of one worker, used again for each tile.
struct Scratch {
  std::vector<float> q, dOut, logits, dLogits, sums;

  explicit Scratch(const Sizes& s)
      : q(s.dim * kTile),
        dOut(s.valueDim * kTile),
        logits(kTile * kTile),
        dLogits(kTile * kTile),
        sums(std::max(s.dim, s.valueDim) * kTile) {}
};

// The rows of a tile as columns, times a factor; zeros where there are fewer than kTile rows.
ATTENTION_INLINE void ToColumns(float* columns, const float* rows, int64_t count, int64_t width,
                                float factor) {
  for (int64_t d = 0; d < width; ++d) {
    for (int64_t i = 0; i < kTile; ++i) {
      columns[d * kTile + i] = i < count ? rows[i * width + d] * factor : 0.0f;
    }
  }
}

// The logits of a tile in powers of 2, one row per key.
template <int Lanes>
ATTENTION_INLINE void Logits(float* logits, const float* qColumns, const float* k, const Sizes& s,
                             int64_t query, int64_t key, int64_t keys) {
  std::memset(logits, 0, sizeof(float) * keys * kTile);
  AddProduct<Lanes>(logits, kTile, keys, kTile, {k + key * s.dim, s.dim, 1}, qColumns, kTile,
                    s.dim);
  if (!s.causal || key + keys <= query + 1) return;
  for (int64_t j = 0; j < keys; ++j) {
    for (int64_t i = 0; i < std::min(kTile, key + j - query); ++i) {
      logits[j * kTile + i] = -INFINITY;
    }
  }
}

// The output of up to kTile queries from `query` on, and for each the logarithm (base 2) of the
// sum of its exponentials.
template <int Lanes>
ATTENTION_INLINE void Forward(const float* q, const float* k, const float* v, float* out,
                              float* logSums, const Sizes& s, int64_t query, Scratch& scratch) {
  using Float = typename Vectors<Lanes>::Float;
  constexpr int kVectors = kTile / Lanes;
  const int64_t queries = std::min(kTile, s.queries - query);
  const int64_t width = s.valueDim;
  float *qColumns = scratch.q.data(), *logits = scratch.logits.data(), *sums = scratch.sums.data();
  ToColumns(qColumns, q + query * s.dim, queries, s.dim, s.scale * kLog2E);
  std::fill_n(sums, width * kTile, 0.0f);
  alignas(64) float most[kTile], total[kTile];
  std::fill_n(most, kTile, -INFINITY);
  std::fill_n(total, kTile, 0.0f);
  const int64_t end = s.KeysBefore(query + queries);
  for (int64_t key = 0; key < end; key += kTile) {
    const int64_t keys = std::min(kTile, end - key);
    Logits<Lanes>(logits, qColumns, k, s, query, key, keys);
    for (int n = 0; n < kVectors; ++n) {
      Float* column = (Float*)logits + n;
      Float& before = ((Float*)most)[n];
      Float highest = before;
      for (int64_t j = 0; j < keys; ++j) {
        const Float x = column[j * kVectors];
        highest = x > highest ? x : highest;
      }
      Float factor = before - highest;
      Exp2<Lanes>(factor);
      Float sum = ((Float*)total)[n] * factor;
      for (int64_t j = 0; j < keys; ++j) {
        Float weight = column[j * kVectors] - highest;
        Exp2<Lanes>(weight);
        column[j * kVectors] = weight;
        sum += weight;
      }
      before = highest;
      ((Float*)total)[n] = sum;
      if (key == 0) continue;
      for (int64_t d = 0; d < width; ++d) ((Float*)sums)[d * kVectors + n] *= factor;
    }
    AddProduct<Lanes>(sums, kTile, width, kTile, {v + key * width, 1, width}, logits, kTile, keys);
  }
  for (int64_t i = 0; i < queries; ++i) {
    logSums[query + i] = most[i] + std::log2(total[i]);
    const float share = 1.0f / total[i];
    float* row = out + (query + i) * width;
    for (int64_t d = 0; d < width; ++d) row[d] = sums[d * kTile + i] * share;
  }
}

// Where the gradients of one head are written: dq once, dk and dv are added to.
struct Gradients {
  float *dq, *dk, *dv;
};

// What up to kTile queries from `query` on give to the gradients.
template <int Lanes>
ATTENTION_INLINE void Backward(const float* q, const float* k, const float* v, const float* out,
                               const float* logSums, const float* dOut, Gradients to,
                               const Sizes& s, int64_t query, Scratch& scratch) {
  using Float = typename Vectors<Lanes>::Float;
  constexpr int kVectors = kTile / Lanes;
  const int64_t queries = std::min(kTile, s.queries - query);
  const int64_t dim = s.dim, width = s.valueDim;
  const float *qRows = q + query * dim, *dRows = dOut + query * width;
  float *qColumns = scratch.q.data(), *dColumns = scratch.dOut.data();
  float *weights = scratch.logits.data(), *dLogits = scratch.dLogits.data();
  float* dq = scratch.sums.data();
  ToColumns(qColumns, qRows, queries, dim, s.scale * kLog2E);
  ToColumns(dColumns, dRows, queries, width, 1.0f);
  std::fill_n(dq, dim * kTile, 0.0f);
  alignas(64) float logSum[kTile] = {}, dTotal[kTile] = {};
  for (int64_t i = 0; i < queries; ++i) {
    logSum[i] = logSums[query + i];
    const float* outRow = out + (query + i) * width;
    for (int64_t d = 0; d < width; ++d) dTotal[i] += outRow[d] * dRows[i * width + d];
  }
  const int64_t end = s.KeysBefore(query + queries);
  for (int64_t key = 0; key < end; key += kTile) {
    const int64_t keys = std::min(kTile, end - key);
    Logits<Lanes>(weights, qColumns, k, s, query, key, keys);
    std::memset(dLogits, 0, sizeof(float) * keys * kTile);
    AddProduct<Lanes>(dLogits, kTile, keys, kTile, {v + key * width, width, 1}, dColumns, kTile,
                      width);
    for (int n = 0; n < kVectors; ++n) {
      const Float sum = ((Float*)logSum)[n], total = ((Float*)dTotal)[n];
      for (int64_t j = 0; j < keys; ++j) {
        Float weight = ((Float*)weights)[j * kVectors + n] - sum;
        Exp2<Lanes>(weight);
        ((Float*)weights)[j * kVectors + n] = weight;
        Float& change = ((Float*)dLogits)[j * kVectors + n];
        change = weight * (change - total) * s.scale;
      }
    }
    AddProduct<Lanes>(to.dv + key * width, width, keys, width, {weights, kTile, 1}, dRows, width,
                      queries);
    AddProduct<Lanes>(to.dk + key * dim, dim, keys, dim, {dLogits, kTile, 1}, qRows, dim, queries);
    AddProduct<Lanes>(dq, kTile, dim, kTile, {k + key * dim, 1, dim}, dLogits, kTile, keys);
  }
  for (int64_t i = 0; i < queries; ++i) {
    for (int64_t d = 0; d < dim; ++d) to.dq[(query + i) * dim + d] = dq[d * kTile + i];
  }
}

// One function per kind of processor, all from the same source.
#define ATTENTION_FUNCTIONS(name, features, lanes)                                              \
  __attribute__((target(features))) inline void Forward##name(                                  \
      const float* q, const float* k, const float* v, float* out, float* logSums,               \
      const Sizes& s, int64_t query, Scratch& scratch) {                                        \
    Forward<lanes>(q, k, v, out, logSums, s, query, scratch);                                   \
  }                                                                                             \
  __attribute__((target(features))) inline void Backward##name(                                 \
      const float* q, const float* k, const float* v, const float* out, const float* logSums,   \
      const float* dOut, Gradients to, const Sizes& s, int64_t query, Scratch& scratch) {       \
    Backward<lanes>(q, k, v, out, logSums, dOut, to, s, query, scratch);                        \
  }

ATTENTION_FUNCTIONS(Avx512, "avx512f,avx512dq,avx512vl,fma", 16)
ATTENTION_FUNCTIONS(Avx2, "avx2,fma", 8)

struct Functions {
  decltype(&ForwardAvx2) forward;
  decltype(&BackwardAvx2) backward;
};

// The fastest that this processor has; null where it has neither.
inline Functions Choose() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return {ForwardAvx512, BackwardAvx512};
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {ForwardAvx2, BackwardAvx2};
  }
  return {nullptr, nullptr};
}

}  // namespace attention
