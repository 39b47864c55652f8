// `layerbook`: what runs wherever tfjs runs, a browser among them. Nothing of Node belongs here, and
// an import starts nothing.
export * from "./core";
export * from "./layers";
export * from "./losses";
export * from "./metrics";
export * from "./models";
