// Bundles the tests of each named folder, and runs them with Node's own runner: `run.mjs unit browser`, `run.mjs browser guide`.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { common } from "../build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../dist/test");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

const words = process.argv.slice(2);
const wanted = words.filter((word) => !["unit", "browser", "cloud"].includes(word));

for (const folder of words.filter((word) => !wanted.includes(word))) {
  if (folder !== "unit" && !existsSync(CHROMIUM)) {
    console.error(`there is no browser at ${CHROMIUM}: apt-get install chromium fonts-noto-cjk, or set CHROMIUM`);
    process.exit(1);
  }
  const names = readdirSync(join(here, folder)).filter((name) => name.endsWith(".test.ts") && (wanted.length === 0 || wanted.some((word) => name.startsWith(word))));
  await build({
    ...common,
    entryPoints: names.map((name) => join(here, folder, name)),
    outdir: join(out, folder),
    platform: "node",
    format: "esm",
    target: "node20",
    jsx: "automatic",
    jsxImportSource: "preact",
    outExtension: { ".js": ".mjs" },
    external: ["playwright-core", "axe-core"],
  });
  const files = names.map((name) => join(out, folder, name.replace(/ts$/, "mjs")));
  // One file after the other: browsers share the machine's cores badly.
  const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", "--test-concurrency=1", ...files], { stdio: "inherit", cwd: join(here, ".."), env: { ...process.env, CHROMIUM } });
  if (status !== 0) process.exit(status ?? 1);
}
