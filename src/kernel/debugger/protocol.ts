import * as z from "zod";

/** A request of the Debug Adapter Protocol; each command checks its own arguments. */
export const dapRequestSchema = z.looseObject({
  seq: z.int().default(0),
  command: z.string(),
  arguments: z.record(z.string(), z.unknown()).nullish(),
});
export type DapRequest = z.infer<typeof dapRequestSchema>;

/** A response of the Debug Adapter Protocol. */
export interface DapResponse {
  readonly type: "response";
  readonly seq: number;
  readonly request_seq: number;
  readonly command: string;
  readonly success: boolean;
  readonly message?: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** An event of the Debug Adapter Protocol. */
export interface DapEvent {
  readonly type: "event";
  readonly seq: number;
  readonly event: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const reference = z.object({ variablesReference: z.int() });
const frame = z.object({ frameId: z.int() });

/** The required arguments of each command. */
export const argumentSchemas = {
  dumpCell: z.object({ code: z.string() }),
  setBreakpoints: z.object({
    source: z.object({ path: z.string() }),
    breakpoints: z
      .array(
        z.object({
          line: z.int().positive(),
          condition: z.string().nullish(),
          hitCondition: z.string().nullish(),
          logMessage: z.string().nullish(),
        }),
      )
      .default([]),
  }),
  setExceptionBreakpoints: z.object({ filters: z.array(z.string()).default([]) }),
  source: z.object({ source: z.object({ path: z.string() }) }),
  scopes: frame,
  variables: reference,
  setVariable: reference.extend({ name: z.string(), value: z.string() }),
  evaluate: z.object({ expression: z.string(), frameId: z.int().nullish() }),
  richInspectVariables: z.object({ variableName: z.string(), frameId: z.int().nullish() }),
} as const;

export type Breakpoint = z.infer<typeof argumentSchemas.setBreakpoints>["breakpoints"][number];

/** A failed response to a request. */
export function failure({ seq, command }: DapRequest, message: string): DapResponse {
  return { type: "response", seq, request_seq: seq, command, success: false, message, body: {} };
}
