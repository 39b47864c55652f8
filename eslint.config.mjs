import js from "@eslint/js";
import importX from "eslint-plugin-import-x";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import tseslint from "typescript-eslint";

// core <- files <- engine, display <- data, losses, metrics, layers <- models <- web <- experiments <- viz <- index;
// kernel and cli are on top. Folders on the same level do not import each other.
const rungs = [
  ["core"],
  ["files"],
  ["engine", "display"],
  ["data", "losses", "metrics", "layers"],
  ["models"],
  ["web"],
  ["experiments"],
  ["viz"],
  ["kernel"],
  ["cli"],
];
const zones = rungs
  .flatMap((rung, height) =>
    rung.map((folder) => ({
      target: `./src/${folder}`,
      from: [...rung.filter((other) => other !== folder), ...rungs.slice(height + 1).flat()].map(
        (other) => `./src/${other}`,
      ),
      message: "Imports point down the ladder; see ARCHITECTURE.md.",
    })),
  )
  .filter((zone) => zone.from.length > 0);
// These run in a browser, so they may import only @tensorflow/tfjs, never the engine.
const browserFolders = ["core", "losses", "layers", "models", "web"];

export default tseslint.config(
  {
    ignores: [
      "dist/",
      ".dist/",
      "node_modules/",
      ".venv*/",
      "coverage/",
      "reports/",
      "runs/",
      ".engine/",
      // Separate projects, as a user would have them.
      "test/consumers/*/",
    ],
  },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver()] },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { fixStyle: "separate-type-imports" },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "import-x/no-restricted-paths": ["error", { zones }],
      "import-x/no-cycle": "error",
      eqeqeq: "error",
    },
  },
  {
    files: browserFolders.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["node:*", "@tensorflow/tfjs-node*", "**/engine/**", "**/files/**"],
              message: "This folder also runs in a browser.",
            },
          ],
        },
      ],
    },
  },
  {
    // Figures stay testable without TensorFlow.
    files: ["src/viz/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@tensorflow/*"], message: "viz reads records only." }] },
      ],
    },
  },
  {
    files: ["templates/**/*.js"],
    languageOptions: {
      globals: {
        window: "readonly",
        document: "readonly",
        getComputedStyle: "readonly",
        addEventListener: "readonly",
        matchMedia: "readonly",
      },
    },
  },
  {
    files: ["examples/**/src/*.js"],
    languageOptions: {
      globals: {
        window: "readonly",
        document: "readonly",
        location: "readonly",
        navigator: "readonly",
        performance: "readonly",
        AbortController: "readonly",
        Blob: "readonly",
        DOMException: "readonly",
        URLSearchParams: "readonly",
      },
    },
  },
  {
    files: ["**/*.mjs", "**/*.cjs", "**/*.js"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        URL: "readonly",
        fetch: "readonly",
        setTimeout: "readonly",
        require: "readonly",
        module: "writable",
        __dirname: "readonly",
        globalThis: "readonly",
        Buffer: "readonly",
      },
    },
  },
);
