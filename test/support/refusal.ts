import { DataError } from "../../src/core/errors";

/** The one-line message of the DataError that a read throws; fails the test if it does anything else. */
export async function refusal(read: Promise<unknown>): Promise<string> {
  const outcome = await read.then(
    () => "it was read",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(DataError);
  const { message } = outcome as DataError;
  expect(message.split("\n")).toHaveLength(1);
  return message;
}
