import { createRandom } from "../../src/core/random";
import { ConfigError } from "../../src/core/errors";

describe("createRandom", () => {
  // numpy.random.RandomState(seed): random_sample, standard_normal twice, random_sample
  it.each([
    [0, 0.5488135039273248, 0.7415917408091613, 1.5529137219128164, 0.5448831829968969],
    [42, 0.3745401188473625, -1.1118801180469204, 0.31890218468938336, 0.15599452033620265],
    [4294967295, 0.0976320289940138, 0.0813036681172692, 0.4096851233481656, 0.14611715599393837],
  ])("equals NumPy's RandomState(%i)", (seed, first, second, third, fourth) => {
    const random = createRandom(seed);
    expect(random.uniform()).toBe(first);
    expect(random.normal()).toBeCloseTo(second, 15);
    expect(random.normal()).toBeCloseTo(third, 15);
    expect(random.uniform()).toBe(fourth);
  });

  it("resumes from a saved state", () => {
    const random = createRandom(7);
    random.normal();
    const state = JSON.parse(JSON.stringify(random.getState())) as ReturnType<
      typeof random.getState
    >;
    const rest = [random.normal(), random.uniform(), random.normal()];
    const revived = createRandom(1);
    revived.setState(state);
    expect([revived.normal(), revived.uniform(), revived.normal()]).toEqual(rest);
  });

  it("forks by seed and label, whatever was drawn", () => {
    const used = createRandom(3);
    used.uniform();
    expect(used.fork("sample-1").uniform()).toBe(createRandom(3).fork("sample-1").uniform());
    expect(used.fork("sample-1").uniform()).not.toBe(used.fork("sample-2").uniform());
  });

  it("permutes without loss", () => {
    expect(
      createRandom(5)
        .permutation(11)
        .sort((a, b) => a - b),
    ).toEqual([...Array(11).keys()]);
  });

  it.each([-1, 1.5, NaN, 2 ** 32])("refuses the seed %p", (seed) => {
    expect(() => createRandom(seed)).toThrow(ConfigError);
  });
});
