// Builds the console into functions/console/dist, which is committed. `fresh` builds beside it and compares bytes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { shortTemplate } from "./template.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const openapi = join(here, "../functions/retrieve/openapi.json");
const types = join(here, "dist/openapi.d.ts");
const templates = join(here, "../infra/rulebook");
const out = join(here, "../functions/console/dist");

/** The most the scripts together, the style and the page may weigh, gzipped, in bytes: what a phone loads in a second on a slow line. */
const BUDGET = { ".js": 60 * 1024, ".css": 8 * 1024, ".html": 2 * 1024, ".toml": 4 * 1024, ".csv": 4 * 1024 };

export const common = { bundle: true, logLevel: "warning", charset: "utf8" };

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
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
};

/** The files, as they are served. The worker's script and the first day's templates are fetched when they are needed. */
async function files() {
  const script = async (entry) =>
    (await build({ ...common, ...scripts, entryPoints: [join(here, entry)] })).outputFiles[0].text;
  const style = await build({ ...common, write: false, entryPoints: [join(here, "src/app.css")], minify: true });
  return {
    "app.js": await script("src/main.tsx"),
    "decode.js": await script("src/decode/worker.ts"),
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
    const file = join(out, name);
    let note = "";
    weights[extname(name)] = (weights[extname(name)] ?? 0) + bytes;
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
  for (const [ending, bytes] of Object.entries(weights)) {
    if (bytes <= BUDGET[ending]) continue;
    failed = true;
    console.log(`${bytes} bytes of ${ending} are more than ${BUDGET[ending]}`);
  }
  if (failed) process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2] ?? "build");