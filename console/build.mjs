// Builds the console into functions/console/dist, which is committed. `fresh` builds beside it and compares bytes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { shortTemplate } from "./template.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const openapi = join(here, "../functions/retrieve/openapi.json");
const types = join(here, "dist/openapi.d.ts");
const out = join(here, "../functions/console/dist");

/** The most a file may weigh, gzipped, in bytes: what a phone loads in a second on a slow line. */
const BUDGET = { "app.js": 60 * 1024, "app.css": 8 * 1024, "index.html": 2 * 1024 };

const templates = {
  name: "templates",
  setup(build) {
    build.onLoad({ filter: /\.toml$/ }, ({ path }) => ({ contents: shortTemplate(readFileSync(path, "utf8")), loader: "text" }));
  },
};

export const common = { bundle: true, logLevel: "warning", charset: "utf8", loader: { ".csv": "text" }, plugins: [templates] };

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

/** The three files, as they are served. */
async function files() {
  const script = await build({
    ...common,
    write: false,
    entryPoints: [join(here, "src/main.tsx")],
    minify: true,
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
  });
  const style = await build({ ...common, write: false, entryPoints: [join(here, "src/app.css")], minify: true });
  return {
    "app.js": script.outputFiles[0].text,
    "app.css": style.outputFiles[0].text,
    "index.html": readFileSync(join(here, "src/index.html"), "utf8"),
  };
}

async function main(command) {
  await makeTypes();
  if (command === "types") return;
  const made = await files();
  let failed = false;
  for (const [name, text] of Object.entries(made)) {
    const bytes = gzipSync(text, { level: 9 }).length;
    const file = join(out, name);
    let note = "";
    if (bytes > BUDGET[name]) {
      failed = true;
      note = `  more than ${BUDGET[name]}`;
    }
    if (command === "fresh") {
      if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
        failed = true;
        note += "  is not what the sources make: npm run build";
      }
    } else {
      mkdirSync(out, { recursive: true });
      writeFileSync(file, text);
    }
    console.log(`${name.padEnd(10)} ${String(bytes).padStart(6)} bytes gzipped${note}`);
  }
  if (failed) process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2] ?? "build");