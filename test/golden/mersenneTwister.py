"""NumPy's RandomState: words, doubles, normals and the state afterwards, past three renewals of the state.

With the environment of bench/requirements.txt: python test/golden/mersenneTwister.py
"""

import json
import pathlib

import numpy as np

COUNT = 2000
SHOWN = [0, 1, 2, 226, 227, 228, 395, 396, 397, 622, 623, 624, 625, 1246, 1247, 1248, 1249, 1871, 1872, 1873, 1999]

cases = []
for seed in [0, 1, 42, 2**31, 2**32 - 1]:
    words = np.random.RandomState(seed)._bit_generator.random_raw(COUNT)
    random = np.random.RandomState(seed)
    doubles = random.random_sample(COUNT)
    normals = random.standard_normal(7)
    _, key, position, _, spare = random.get_state()
    cases.append(
        {
            "seed": seed,
            "words": [int(words[index]) for index in SHOWN],
            "sumOfWords": int(words.astype(np.uint64).sum()),
            "doubles": [float(doubles[index]) for index in SHOWN],
            "normals": normals.tolist(),
            "state": {"position": int(position), "first": int(key[0]), "xor": int(np.bitwise_xor.reduce(key)), "spare": float(spare)},
        }
    )
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"versions": {"numpy": np.__version__}, "count": COUNT, "shown": SHOWN, "cases": cases}) + "\n")
print(path.name, path.stat().st_size, "bytes")
