import { createRandom } from "../../src/core/random";
import { MersenneTwister, STATE_WORDS } from "../../src/core/mersenneTwister";
import { ConfigError } from "../../src/core/errors";
import golden from "../golden/mersenneTwister.json";

describe("MersenneTwister", () => {
  it.each(golden.cases)("gives the words of NumPy's RandomState($seed)", (wanted) => {
    const generator = new MersenneTwister(wanted.seed);
    const words = Array.from({ length: golden.count }, () => generator.next());
    expect(golden.shown.map((index) => words[index])).toEqual(wanted.words);
    expect(words.reduce((sum, word) => sum + word)).toBe(wanted.sumOfWords);
  });

  it.each(golden.cases)("ends in the state of RandomState($seed)", ({ seed, state, ...wanted }) => {
    const random = createRandom(seed);
    const doubles = Array.from({ length: golden.count }, () => random.uniform());
    expect(golden.shown.map((index) => doubles[index])).toEqual(wanted.doubles);
    const normals = wanted.normals.map(() => random.normal());
    normals.forEach((value, index) => expect(value).toBeCloseTo(wanted.normals[index], 14));
    const { words, spareNormal } = random.getState();
    const [first] = words;
    const xor = words.slice(0, -1).reduce((all, word) => all ^ word) >>> 0;
    expect({ first, xor, position: words.at(-1) }).toEqual({
      first: state.first,
      xor: state.xor,
      position: state.position,
    });
    expect(spareNormal).toBeCloseTo(state.spare, 14);
  });

  it("refuses a state of another length", () => {
    const words = Array.from({ length: STATE_WORDS + 4 }, () => 1);
    expect(() => createRandom(1).setState({ words, spareNormal: null })).toThrow(ConfigError);
  });
});
