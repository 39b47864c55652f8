// Every public name. A cell's `import … from "layerbook"` comes here; see kernel/session/library.ts.
import { registerCards } from "./viz/cards/registerCards";

export * from "./node";
export * from "./viz";
export * from "./web";

// Data sets, cases and results show themselves.
registerCards();
