export {
  LayerbookError,
  ShapeError,
  ConfigError,
  DataError,
  TraceError,
  SetupError,
} from "./core/errors";
export { createRandom } from "./core/random";
