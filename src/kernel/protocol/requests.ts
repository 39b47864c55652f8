import * as z from "zod";
import { dapRequestSchema } from "../debugger/protocol";

const commData = z.record(z.string(), z.unknown()).default({});

/** The required content of each request; missing options take the protocol's defaults. */
export const requestSchemas = {
  execute_request: z.object({
    code: z.string(),
    silent: z.boolean().default(false),
    store_history: z.boolean().default(true),
    user_expressions: z.record(z.string(), z.string()).nullish(),
    allow_stdin: z.boolean().default(true),
    stop_on_error: z.boolean().default(true),
  }),
  complete_request: z.object({ code: z.string(), cursor_pos: z.int().nonnegative() }),
  inspect_request: z.object({
    code: z.string(),
    cursor_pos: z.int().nonnegative(),
    detail_level: z.int().default(0),
  }),
  is_complete_request: z.object({ code: z.string() }),
  history_request: z.object({
    output: z.boolean().default(false),
    raw: z.boolean().default(true),
    hist_access_type: z.enum(["tail", "range", "search"]).default("tail"),
    session: z.int().nullish(),
    start: z.int().nullish(),
    stop: z.int().nullish(),
    n: z.int().nullish(),
    pattern: z.string().nullish(),
    unique: z.boolean().nullish(),
  }),
  comm_info_request: z.object({ target_name: z.string().nullish() }),
  comm_open: z.object({ comm_id: z.string(), target_name: z.string(), data: commData }),
  comm_msg: z.object({ comm_id: z.string(), data: commData }),
  comm_close: z.object({ comm_id: z.string(), data: commData }),
  debug_request: dapRequestSchema,
  shutdown_request: z.object({ restart: z.boolean().default(false) }),
  input_reply: z.object({ value: z.string() }),
} as const;

/** A request type whose content is checked. */
export type RequestType = keyof typeof requestSchemas;

/** A checked request's content. */
export type Request<T extends RequestType> = z.infer<(typeof requestSchemas)[T]>;

/** The connection file that Jupyter writes for a kernel. */
export const connectionSchema = z.object({
  transport: z.enum(["tcp", "ipc"]).default("tcp"),
  ip: z.string(),
  key: z.string().default(""),
  signature_scheme: z.literal("hmac-sha256").default("hmac-sha256"),
  shell_port: z.int(),
  control_port: z.int(),
  stdin_port: z.int(),
  iopub_port: z.int(),
  hb_port: z.int(),
});

/** Ports, key and address of one kernel. */
export type Connection = z.infer<typeof connectionSchema>;
