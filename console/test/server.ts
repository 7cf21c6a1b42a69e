/** Serves the built pages under the production's CSP, and recorded answers in place of the function behind them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as fixture from "./fixtures.ts";
import type { Who } from "./fixtures.ts";
import { age, permissions, plan, retentionNoneHeld, retentionUnnamed } from "./fixtures-kept.ts";
import { answerCases } from "./server-cases.ts";
import { answerKept } from "./server-kept.ts";

/** `run.mjs` runs every test in `console`. */
const root = join(process.cwd(), "..");
const dist = join(root, "functions/console/dist");
const audio = readFileSync(join(root, "samples/freepbx/2026/11/03/external-201-09012345678-20261103-140502-1793682300.101.wav"));
/** Ten seconds of GSM 06.10: frames of 33 bytes that begin with 1101. */
const gsm = Buffer.from(Array.from({ length: 33 * 500 }, (_, at) => (at % 33 ? (at * 7919) & 255 : 0xd3)));
const policy = readFileSync(join(root, "samples/rulebook/policy.toml"), "utf8");
const staff = readFileSync(join(root, "samples/rulebook/staff.csv"), "utf8");

/** What a test switches: who is signed in, and which requests fail how. It comes as a cookie, so each page has its own. */
export type Switches = { who?: Who; faults?: Record<string, string>; isHostile?: boolean; pending?: boolean; awaits?: boolean; idleMinutes?: number; script?: string };

const HOSTILE = `<img src=x onerror="window.broken=1"><script>window.broken=1</script>\u202e${"長".repeat(300)}&amp;'"`;
/** Fields that somebody outside the company can fill: a caller, a recorder, a file's name. */
const WRITTEN = ["staff", "team", "line", "extension", "queue", "call_id", "source", "text", "name", "kind", "value", "excerpt", "summary", "reason", "actor", "company", "content_type", "key"];

function hostile(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((one) => hostile(one, name));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hostile(inner, key)]));
  }
  return typeof value === "string" && WRITTEN.includes(name) ? HOSTILE : value;
}

type Answer = { status: number; body: unknown; headers?: Record<string, string> };
const ok = (body: unknown, status = 200): Answer => ({ status, body });
const problem = (status: number, type: string, title: string, detail: string, more: object = {}, headers = {}): Answer => ({
  status,
  body: { type: `urn:rokuban:problem:${type}`, title, status, detail, ...more },
  headers: { "content-type": "application/problem+json", ...headers },
});

/** Answers that are no success, by the word that a test switches on. */
const FAULTS: Record<string, Answer> = {
  "401": { status: 401, body: { message: "Unauthorized" } },
  "403": problem(403, "not-allowed", "この操作はできません", "責任者はダウンロードできません。管理者に依頼してください。", { reason: "managers_do_not_download" }),
  "404": problem(404, "no-such-recording", "録音が見つかりません", "この録音がないか、表示できる人が限られています。"),
  "429": problem(429, "too-many", "1時間あたりの上限(60回)に達しました", "11:00以降に再度お試しください。", { limit: 60, per: "hour" }, { "retry-after": "3600" }),
  "busy": { status: 429, body: { message: "Too Many Requests" } },
  "500": { status: 500, body: { message: "Internal Server Error" } },
  "502": { status: 502, body: "<html>" },
  "stand-ins": ok({ version: 3, effective_at: "2026-11-01T09:00:00+09:00", policy: `${policy}${fixture.standIns}`, staff, pending: null }),
  "to-look-at": ok(fixture.toLookAt),
  "faulty": problem(422, "faulty-rulebook", "運用ルールに誤りがあります", "すべての誤りは faults にあります。", { faults: fixture.faults }),
  "to-confirm": problem(409, "warnings-to-confirm", "確認が必要な箇所があります", "warnings の箇所を確認してください。", { warnings: fixture.warnings }),
  "nobody-hears": ok({ ...permissions, age_limit_days: null, staff_view_days: 0, items: permissions.items.filter(({ role }) => role === "auditor") }),
  "reads-differently": ok({ ...plan, reads_differently: true, in_quarantine: true }),
  "no-use": ok({ ...age, items: [] }),
  "none-held": ok(retentionNoneHeld),
  "unnamed": ok(retentionUnnamed),
  "own-rulebook": problem(403, "own-rulebook", "自分が公開した運用ルールです", "もう一人の管理者が承認してください。"),
  "no-case": problem(404, "no-such-case", "案件が見つかりません", "このIDの案件はないか、あなたには見る権限がありません。"),
  "making": problem(409, "clip-not-ready", "準備中です", "少し待って、もう一度お試しください。", {}, { "retry-after": "1" }),
  "closed-case": problem(409, "case-closed", "案件は完了しています", "続きがあるときは、新しい受付メモを書いてください。"),
  "empty": ok({ items: [], next_cursor: null }),
  "first-empty": ok({ items: [], next_cursor: "next" }),
  "broken": ok({ ...fixture.custody, verified: false }),
  "awaited": ok({ state: "awaits_a_second_person", ignored: [] }, 202),
};

function answer(method: string, path: string, query: URLSearchParams, switches: Switches, store: string): Answer {
  const who = switches.who ?? "kato";
  const other = answerCases(method, path, query, who, store) ?? answerKept(method, path);
  if (other) return other;
  const [, , , id = "", what = ""] = path.split("/");
  if (path === "/api/me") return ok(fixture.me[who]);
  if (path === "/api/directory") return ok(who === "setup" ? { members: [], teams: [], lines: [], classes: [], purposes: [] } : fixture.directory);
  if (path === "/api/recordings") {
    if (query.get("state") === "quarantined") return ok({ items: fixture.quarantined, next_cursor: null });
    const last4 = query.get("last4");
    const items = fixture.items.filter((item) => !last4 || item.counterpart?.endsWith(last4));
    return ok({ items: query.get("cursor") ? items.map((item) => ({ ...item, id: `z${item.id.slice(1)}` })) : items, next_cursor: query.get("cursor") || last4 ? null : "next", deleted: last4 === "4321" ? [{ id: fixture.ids.gone, day: fixture.tombstone.day, deleted_at: fixture.tombstone.deleted_at }] : [] });
  }
  if (path === "/api/notes") return ok(query.get("text") === "見積" ? fixture.noted : { ...fixture.noted, items: [] });
  if (path.startsWith("/api/recordings/")) {
    if (id === fixture.ids.gone) {
      return problem(410, "deleted", "この録音は削除されました", "2026年11月20日に削除されました。", { deleted: { ...fixture.tombstone, taken_away: fixture.takenAway } });
    }
    if (!fixture.details[id]) return FAULTS["404"]!;
    if (what === "" && method === "DELETE") return ok(fixture.requested, 202);
    if (what === "redactions") return ok(fixture.requested, 202);
    if (what === "") return ok(fixture.details[id]);
    if (what === "holds") return ok(method === "GET" ? fixture.held : method === "POST" ? fixture.held.items[0] : { lifted: path.split("/").at(-1) }, method === "POST" ? 201 : 200);
    if (what === "notes") {
      if (method === "PUT") return ok(fixture.corrected);
      if (method === "DELETE") return ok(fixture.withdrawn);
      return method === "POST" ? ok({ ...fixture.corrected, event_id: `${id}.9`, at: fixture.NOW, staff: who, text: "書きました", corrected_at: null }, 201) : ok(fixture.notes);
    }
    if (what === "custody") return ok(id === fixture.ids.odd ? fixture.awaited : fixture.custody);
    if (what === "facts") return ok({ state: "corrected", ignored: [] });
    // As S3's: the caller's number stands in the path.
    const isGsm = id === fixture.ids.gsm;
    const url = `${store}/bucket/external-201-09012345678.${isGsm ? "gsm" : "wav"}?signature=${Math.random()}`;
    return ok({ url, expires_at: new Date(Date.parse(fixture.NOW) + 120_000).toISOString(), content_type: isGsm ? "audio/gsm" : "audio/wav", event_id: `${id}.8` });
  }
  if (path === "/api/deletions") return ok(query.has("state") ? fixture.deletions[query.get("state") as "waiting"] : fixture.deletions.proofs);
  if (path.startsWith("/api/deletions/")) return ok({ ...fixture.requested, state: path.endsWith("approve") ? "approved" : "refused" });
  if (path === "/api/sources/try") return ok(fixture.tried);
  if (path === "/api/rulebook/check") return ok(fixture.checked);
  if (path === "/api/rulebook/pending") return ok({ withdrawn: 4 });
  if (path === "/api/rulebook") {
    if (method === "PUT") return ok(fixture.published);
    const awaits = { awaits_second_admin: !!switches.awaits, may_agree: !!switches.awaits && who === "yamada" };
    const pending = switches.pending || switches.awaits ? { version: 4, effective_at: "2026-11-28T10:00:00+09:00", ...awaits } : null;
    const first = { version: 0, effective_at: null, policy: null, staff: null, pending };
    if (query.has("version")) return ok({ version: 4, state: "pending", policy: `${policy}\n# 見直し`, staff, pending });
    return ok(who === "setup" ? first : { version: 3, effective_at: "2026-11-01T09:00:00+09:00", policy, staff, pending });
  }
  if (path === "/api/reports/completeness") return ok(fixture.completeness);
  if (path === "/api/reports/notice") return ok(fixture.notice);
  if (path === "/api/audit/access") return ok(fixture.access);
  if (path === "/api/audit/admin-activity") return ok(fixture.admins);
  if (path === "/api/audit") return ok(fixture.audit);
  return { status: 404, body: { message: "Not Found" } };
}

/** What the function sends with the pages; `store` stands for the bucket's own origin. */
export function policyOf(store: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${store}`,
    `media-src blob: ${store}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types decoder",
  ].join("; ");
}

export type Seen = { method: string; path: string; who: string };
export type Fixture = { origin: string; seen: Seen[]; close: () => void };

function switchesOf(request: IncomingMessage): Switches {
  const found = /(?:^|; )switches=([^;]*)/.exec(request.headers.cookie ?? "");
  return found ? (JSON.parse(decodeURIComponent(found[1]!)) as Switches) : {};
}

function send(response: ServerResponse, { status, body, headers }: Answer) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

function sendPage(response: ServerResponse, file: string, type: string, store: string) {
  response.writeHead(200, {
    "content-type": type,
    "content-security-policy": policyOf(store),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
  });
  response.end(readFileSync(join(dist, file)));
}

function session(method: string, path: string, switches: Switches, response: ServerResponse) {
  const { who = "kato", idleMinutes = 15 } = switches;
  if (path === "/session/login") {
    response.writeHead(303, { location: "/#/signed-in-elsewhere" });
    return response.end();
  }
  if (path === "/session/logout") return send(response, ok({ to: "/" }));
  if (path === "/session/active") return send(response, { status: 204, body: "" });
  const ends = (minutes: number) => new Date(Date.parse(fixture.NOW) + minutes * 60_000).toISOString();
  const isOut = (who as string) === "nobody" || switches.faults?.["GET /session"] === "401";
  send(response, ok(isOut || method !== "GET" ? { signed_in: false } : { signed_in: true, idle_ends_at: ends(idleMinutes), ends_at: ends(720) }));
}

/** The bucket, on an origin of its own. */
function bucket(request: IncomingMessage, response: ServerResponse) {
  const cors = { "access-control-allow-origin": "*", "access-control-expose-headers": "Content-Length, Content-Range" };
  const file = request.url?.includes(".gsm") ? gsm : audio;
  const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "");
  const from = range ? Number(range[1]) : 0;
  const to = range?.[2] ? Number(range[2]) : file.length - 1;
  const part = file.subarray(from, to + 1);
  const extent = range ? { "content-range": `bytes ${from}-${to}/${file.length}` } : {};
  response.writeHead(range ? 206 : 200, { ...cors, ...extent, "content-type": file === gsm ? "audio/gsm" : "audio/wav", "accept-ranges": "bytes", "content-length": part.length });
  response.end(part);
}

const listening = (server: Server) =>
  new Promise<string>((ready) => {
    server.listen(0, "127.0.0.1", () => ready(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });

export async function start(): Promise<Fixture> {
  const stores = createServer(bucket);
  const store = await listening(stores);
  const seen: Seen[] = [];
  const pages = createServer((request, response) => {
    const { pathname: path, searchParams } = new URL(request.url!, "http://localhost");
    const method = request.method ?? "GET";
    const switches = switchesOf(request);
    if (path === "/" || path === "/signed-out") return sendPage(response, "index.html", "text/html; charset=utf-8", store);
    const script = /^\/assets\/((?:app|later|decode)\.js)$/.exec(path);
    if (script) {
      if (script[1] === "later.js") seen.push({ method, path, who: switches.who ?? "kato" });
      if (switches.faults?.[`GET ${path}`] && !searchParams.has("1")) return void response.writeHead(404).end();
      return sendPage(response, script[1]!, "text/javascript; charset=utf-8", store);
    }
    const template = /^\/assets\/((?:policy|staff)\.(?:toml|csv))$/.exec(path);
    if (template) return sendPage(response, template[1]!, "text/plain; charset=utf-8", store);
    if (path === "/assets/app.css") return sendPage(response, "app.css", "text/css; charset=utf-8", store);
    if (path === "/favicon.ico") return void response.writeHead(204).end();
    seen.push({ method, path, who: switches.who ?? "kato" });
    // As the function does: the name of the script that is served now.
    response.setHeader("x-rokuban-script", switches.script ?? "app.js");
    // Every call of ours carries the header that no form of a stranger's can send.
    if (path !== "/session/login" && request.headers["x-rokuban"] !== "1") return send(response, { status: 403, body: { message: "no header" } });
    if (path.startsWith("/session")) return void session(method, path, switches, response);
    let sent = "";
    request.on("data", (part) => (sent += part)).on("end", () => {
      const fault = Object.entries(switches.faults ?? {}).find(([route]) => `${method} ${path}`.startsWith(route) || `${method} ${path}`.endsWith(route));
      const isOver = (fault?.[1] === "first-empty" && searchParams.get("cursor")) || (fault?.[1] === "to-confirm" && !sent.includes('"confirmed":[]'));
      const made = fault && !isOver ? FAULTS[fault[1]]! : answer(method, path, searchParams, switches, store);
      if (request.headers.accept === "text/csv" && made.status === 200) {
        return send(response, { status: 200, body: "\uFEFF日時\r\n", headers: { "content-type": "text/csv; charset=utf-8" } });
      }
      send(response, switches.isHostile && path !== "/api/me" ? { ...made, body: hostile(made.body) } : made);
    });
  });
  const origin = await listening(pages);
  const close = () => {
    for (const server of [pages, stores]) {
      server.close();
      server.closeAllConnections();
    }
  };
  return { origin, seen, close };
}
