"""reformer-pytorch's LSHAttention: values and gradients, given the same rotations.

In float64: its soft mask of -5e4 on a token itself leaves float32 three digits behind the point,
so a token alone in its buckets comes out up to 0.3 % wrong there.

Without duplicates and across buckets only one round is compared: with more, reformer-pytorch
counts a pair that meets over the end of a round as met 0 times and adds log(1e9) to its logit.
"""

import numpy
import reformer_pytorch.reformer_pytorch as reformer
import torch

from common import Draw, rounded, save

# sequences, length, dim, valueDim = dim, bucketSize, rounds, across, duplicates, causal, masked
CASES = [
    (3, 20, 7, 5, 1, True, True, False, False),
    (2, 12, 3, 2, 3, True, True, False, False),
    (2, 28, 5, 7, 2, True, True, True, False),
    (1, 30, 11, 3, 5, True, True, False, False),
    (2, 20, 7, 5, 1, True, False, False, False),
    (3, 12, 5, 3, 1, True, False, True, False),
    (3, 20, 7, 5, 1, False, True, False, False),
    (2, 28, 5, 7, 3, False, True, True, False),
    (2, 20, 7, 5, 2, False, False, False, False),
    (2, 12, 3, 3, 5, False, False, False, False),
    (1, 44, 13, 11, 3, False, False, True, False),
    (2, 20, 7, 5, 2, True, True, False, True),
    (3, 12, 5, 3, 3, False, False, False, True),
    (1, 28, 3, 7, 4, False, True, True, True),
    (5, 4, 2, 2, 2, True, True, False, False),
]

cases = []
for seed, (batch, length, dim, bucket_size, rounds, across, duplicates, causal, masked) in enumerate(CASES):
    draw = Draw(seed)
    shape = [batch, length, dim]
    qk = torch.tensor(draw(shape)).double().requires_grad_()
    v = torch.tensor(draw(shape)).double().requires_grad_()
    half = length // bucket_size // 2
    rotations = torch.tensor(draw([rounds, dim, half])).double()
    mask = torch.tensor(draw([batch, length])) > -0.8 if masked else None
    module = reformer.LSHAttention(
        bucket_size=bucket_size,
        n_hashes=rounds,
        causal=causal,
        allow_duplicate_attention=duplicates,
        attend_across_buckets=across,
    )
    randn = torch.randn
    torch.randn = lambda *_, **__: rotations.permute(1, 0, 2)[None]  # [1, dim, rounds, half]
    output, _, buckets = module(qk, v, input_mask=mask)
    torch.randn = randn
    output.backward(torch.tensor(draw(shape)).double())
    offsets = numpy.arange(rounds)[None, :, None] * 2 * half
    cases.append(
        {
            "name": f"{shape}, bucket {bucket_size}, rounds {rounds}, across {across}, "
            f"duplicates {duplicates}, causal {causal}, masked {masked}",
            "seed": seed,
            "shape": shape,
            "masked": masked,
            "settings": {
                "bucketSize": bucket_size,
                "numHashes": rounds,
                "scale": "sqrtDim",
                "attendAcrossBuckets": across,
                "discountDuplicates": not duplicates,
                "causal": causal,
            },
            # [batch][rounds * length]
            "buckets": (buckets.numpy().reshape(batch, rounds, length) - offsets).ravel().tolist(),
            "output": rounded(output.detach()),
            "gradients": [rounded(qk.grad), rounded(v.grad)],
        }
    )
save(["reformer-pytorch", "torch"], cases)
