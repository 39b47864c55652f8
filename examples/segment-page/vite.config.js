import { defineConfig } from "vite";

export default defineConfig({
  // Relative URLs, so that the built page runs from any folder of a server.
  base: "./",
  build: { target: "es2022", chunkSizeWarningLimit: 2500 },
});
