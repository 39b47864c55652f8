import { createRandom } from "../../../src/core/random";
import type { Sample } from "../../../src/data/types";

/** Noisy slices with one bright disc (class 1) and sometimes a dark one (class 2). */
export function discSamples(count: number, size: number, seed = 1): Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const random = createRandom(seed).fork(index);
    const image = new Float32Array(size * size);
    const labels = new Uint8Array(size * size);
    for (let pixel = 0; pixel < image.length; pixel++) image[pixel] = 0.5 + 0.05 * random.normal();
    const paint = (label: number, grey: number): void => {
      const radius = size * (0.12 + 0.1 * random.uniform());
      const row = size * (0.25 + 0.5 * random.uniform());
      const column = size * (0.25 + 0.5 * random.uniform());
      for (let r = 0; r < size; r++) {
        for (let c = 0; c < size; c++) {
          if ((r - row) ** 2 + (c - column) ** 2 > radius ** 2) continue;
          image[r * size + c] = grey + 0.05 * random.normal();
          labels[r * size + c] = label;
        }
      }
    };
    paint(1, 0.9);
    if (index % 2 === 0) paint(2, 0.1);
    return {
      id: `disc-${index}`,
      group: `disc-${index}`,
      image: { height: size, width: size, data: image },
      labels: { height: size, width: size, data: labels },
    };
  });
}
