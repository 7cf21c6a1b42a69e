// Builds the console into functions/console/dist, which is committed. `fresh` builds beside it and compares bytes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import metadata from "libphonenumber-js/min/metadata";
import { shortTemplate } from "./template.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const openapi = join(here, "../functions/retrieve/openapi.json");
const types = join(here, "dist/openapi.d.ts");
const templates = join(here, "../infra/rulebook");
const out = join(here, "../functions/console/dist");

/**
 * The most that each may weigh, gzipped, in bytes. What comes with the first page, a phone loads in a second on a slow line;
 * `later.js`, the pages that are seldom opened, comes when the first of them is.
 */
const BUDGETS = [
  { files: ["app.js", "decode.js"], bytes: 60 * 1024 },
  { files: ["later.js"], bytes: 40 * 1024 },
  { files: ["app.css"], bytes: 8 * 1024 },
  { files: ["index.html"], bytes: 2 * 1024 },
  { files: ["policy.toml", "staff.csv"], bytes: 8 * 1024 },
];

/** How Japanese numbers are written, of libphonenumber's data: the page needs no other country's, and none of its code. */
const numberForms = {
  name: "number-forms",
  setup(build) {
    build.onResolve({ filter: /^number-forms$/ }, ({ path }) => ({ path, namespace: path }));
    build.onLoad({ filter: /./, namespace: "number-forms" }, () => {
      const FORMS = 4;
      // The last of the patterns of areas is the exact one.
      const forms = metadata.countries.JP[FORMS].map(([digits, shown, areas]) => [digits, shown, areas.at(-1)]);
      return { contents: JSON.stringify(forms), loader: "json" };
    });
  },
};

export const common = { bundle: true, logLevel: "warning", charset: "utf8", plugins: [numberForms] };

/** The API's types, from its document. They are made again only when the document changed. */
export async function makeTypes() {
  const document = readFileSync(openapi, "utf8");
  const mark = `// ${createHash("sha256").update(document).digest("hex")}\n`;
  if (existsSync(types) && readFileSync(types, "utf8").startsWith(mark)) return;
  const { default: openapiTypes, astToString } = await import("openapi-typescript");
  // A field with a default is still optional in a request.
  const nodes = await openapiTypes(document, { defaultNonNullable: false });
  mkdirSync(dirname(types), { recursive: true });
  writeFileSync(types, mark + astToString(nodes));
}

const scripts = {
  write: false,
  minify: true,
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
};

/** Bundles one script, as text. */
async function script(entry, options) {
  const { outputFiles, metafile } = await build({ ...common, ...scripts, ...entry, ...options });
  return { text: outputFiles[0].text, metafile };
}
const file = (path) => ({ entryPoints: [join(here, path)] });

/** What a module of both scripts is called while they are made. */
const SHARED = "shared:";

/**
 * The page's script, and the one of the pages that are opened later. A module that the first has, the second imports from it:
 * each is there once, and a signal is one signal.
 */
async function pages() {
  const first = await script(file("src/main.tsx"), { format: "esm", metafile: true });
  const has = new Set(Object.keys(first.metafile.inputs).map((path) => resolve(path)));
  const share = {
    name: "share",
    setup(build) {
      build.onResolve({ filter: /./ }, async ({ path, pluginData, ...from }) => {
        if (pluginData === SHARED || from.kind === "entry-point") return;
        const found = await build.resolve(path, { kind: from.kind, resolveDir: from.resolveDir, importer: from.importer, pluginData: SHARED });
        return has.has(found.path) ? { path: SHARED + found.path, external: true } : found;
      });
    },
  };
  const later = await script(file("src/later.ts"), { format: "esm", plugins: [share, numberForms] });
  const wanted = new Map();
  for (const [, names, path] of later.text.matchAll(/import\{([^}]*)\}from"shared:([^"]*)"/g)) {
    for (const name of names.split(",").map((name) => name.split(" as ")[0].trim())) {
      if ((wanted.get(name) ?? path) !== path) throw new Error(`${path} and ${wanted.get(name)} both export ${name}`);
      wanted.set(name, path);
    }
  }
  const exports = [...wanted].map(([name, path]) => `export { ${name} } from ${JSON.stringify(path)};`);
  const contents = ['import "./src/main.tsx";', ...exports].join("\n");
  const app = await script({ stdin: { contents, resolveDir: here } }, { format: "esm" });
  return { app: app.text, later: later.text.replaceAll(/"shared:[^"]*"/g, '"./app.js"') };
}

/** The files, as they are served. The worker's script and the first day's templates are fetched when they are needed. */
async function files() {
  const { app, later } = await pages();
  const style = await build({ ...common, write: false, entryPoints: [join(here, "src/app.css")], minify: true });
  return {
    "app.js": app,
    "later.js": later,
    "decode.js": (await script(file("src/decode/worker.ts"), { format: "iife" })).text,
    "policy.toml": shortTemplate(readFileSync(join(templates, "policy.toml"), "utf8")),
    "staff.csv": readFileSync(join(templates, "staff.csv"), "utf8").replace(/^\uFEFF/, ""),
    "app.css": style.outputFiles[0].text,
    "index.html": readFileSync(join(here, "src/index.html"), "utf8"),
  };
}

async function main(command) {
  await makeTypes();
  if (command === "types") return;
  const made = await files();
  let failed = false;
  const weights = {};
  for (const [name, text] of Object.entries(made)) {
    const bytes = gzipSync(text, { level: 9 }).length;
    const path = join(out, name);
    let note = "";
    weights[name] = bytes;
    if (command === "fresh") {
      if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
        failed = true;
        note += "  is not what the sources make: npm run build";
      }
    } else {
      mkdirSync(out, { recursive: true });
      writeFileSync(path, text);
    }
    console.log(`${name.padEnd(10)} ${String(bytes).padStart(6)} bytes gzipped${note}`);
  }
  for (const { files, bytes } of BUDGETS) {
    const weight = files.reduce((sum, name) => sum + weights[name], 0);
    if (weight <= bytes) continue;
    failed = true;
    console.log(`${weight} bytes of ${files.join(" and ")} are more than ${bytes}`);
  }
  if (failed) process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2] ?? "build");