import { DeclinedError, agree } from "../../src/cli/agree";

/** Records what was written and how often it was asked; `answer` is null if nobody can answer. */
async function outcome(
  seconds: number,
  answer: string | null,
  isAgreed = false,
): Promise<{ said: string; asked: number; error: unknown }> {
  let said = "";
  let asked = 0;
  const error: unknown = await agree(
    { kind: "compare", trainings: 40, seconds, isAgreed },
    {
      write: (text) => void (said += text),
      ask:
        answer === null
          ? null
          : (question) => {
              expect(question).toBe("Start? [y/N] ");
              asked++;
              return Promise.resolve(answer);
            },
    },
  ).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { said, asked, error };
}

describe("the estimate before a study", () => {
  it.each([
    [45, "45 s"],
    [1200, "20 min"],
    [49 * 3600, "49 h"],
    [9000, "2.5 h"],
  ])("says that %i seconds are %s", async (seconds, text) => {
    const { said } = await outcome(seconds, null);
    expect(said).toContain(`compare: 40 trainings, very roughly ${text} on this machine`);
  });

  it.each(["y", "Y", " yes \n"])("asks before a long one, and continues for %j", async (answer) => {
    expect(await outcome(3600, answer)).toMatchObject({ asked: 1, error: null });
  });

  it.each(["", "n", "no", "why"])("starts nothing for %j", async (answer) => {
    const { asked, error } = await outcome(3600, answer);
    expect(asked).toBe(1);
    expect(error).toBeInstanceOf(DeclinedError);
  });

  it("does not ask before a short one, with --yes, or where nobody can answer", async () => {
    expect(await outcome(599, "n")).toMatchObject({ asked: 0, error: null });
    expect(await outcome(3600, "n", true)).toMatchObject({ asked: 0, error: null });
    expect(await outcome(3600, null)).toMatchObject({ asked: 0, error: null });
  });
});
