// Calls the API as a manager and as an auditor, with the types that openapi-typescript made of its document.
//
//     node dist/call.js    reads {url, manager, auditor} from standard input, each person as an access token
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./dist/rokuban.d.ts";

type Wire = components["schemas"];
type Given = { url: string; manager: string; auditor: string };

/** No recording's id is made of one letter. */
const NOBODYS = "a".repeat(26);

const clientOf = (baseUrl: string, token?: string) =>
  createClient<paths>({ baseUrl, headers: token ? { Authorization: `Bearer ${token}` } : {} });
type Client = ReturnType<typeof clientOf>;

/** The answer of a call that must succeed. */
function answered<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  assert.ok(data !== undefined, `${response.status} ${JSON.stringify(error)}`);
  return data;
}

/** A list as JSON: the same route gives it as a file too. */
function listed<T extends object>(list: T | string): T {
  assert.ok(typeof list !== "string");
  return list;
}

/** Narrows what a refused call may answer to one kind of problem. */
function problem<T extends { type?: string }, W extends T["type"] & string>(error: T | { message: string } | undefined, type: W) {
  assert.ok(error && "type" in error && error.type === type, JSON.stringify(error));
  return error as Extract<T, { type: W }>;
}

/** Finds a recording, hears it and writes a note; its id. */
async function callAsManager(client: Client): Promise<string> {
  const me: Wire["Me"] = answered(await client.GET("/me"));
  assert.equal(me.role, "manager" satisfies Wire["Role"]);
  const { members } = answered(await client.GET("/directory"));
  assert.ok(members.some(({ id }) => id === me.id));

  const first = listed(answered(await client.GET("/recordings", { params: { query: { limit: 2 } } })));
  assert.equal(first.items.length, 2);
  const next = { limit: 2, cursor: first.next_cursor! };
  const second = listed(answered(await client.GET("/recordings", { params: { query: next } })));
  assert.ok(second.items.every(({ id }) => id !== first.items[0]!.id && id !== first.items[1]!.id));

  const every = listed(answered(await client.GET("/recordings", { params: { query: { limit: 100 } } })));
  const heard = every.items.find((item) => item.duration_seconds)!.id;
  const path = { params: { path: { id: heard } } };
  const detail: Wire["RecordingDetail"] = answered(await client.GET("/recordings/{id}", path));
  assert.equal(detail.id, heard);
  const body: Wire["PlayRequest"] = { use: me.purposes[0]!, reason: "確認のため" };
  const link = answered(await client.POST("/recordings/{id}/play", { ...path, body }));
  assert.ok((await (await fetch(link.url)).arrayBuffer()).byteLength > 1000);
  const custody = answered(await client.GET("/recordings/{id}/custody", path));
  assert.ok(custody.verified && custody.items.some(({ event_id }) => event_id === link.event_id));

  const note = answered(await client.POST("/recordings/{id}/notes", { ...path, body: { text: "0:12 で金額を確認" } }));
  const notes = answered(await client.GET("/recordings/{id}/notes", path));
  assert.ok(notes.items.some(({ event_id }) => event_id === note.event_id));

  const japanese = { params: { ...path.params, header: { "Accept-Language": "ja" } } };
  const { error: refused } = await client.POST("/recordings/{id}/download", { ...japanese, body });
  const { reason, detail: said } = problem(refused, "urn:rokuban:problem:not-allowed");
  assert.equal(reason, "managers_do_not_download" satisfies Wire["NotAllowed"]);
  assert.match(said, /責任者/);
  const { error: missing } = await client.GET("/recordings/{id}", { params: { path: { id: NOBODYS } } });
  problem(missing, "urn:rokuban:problem:no-such-recording");
  const { error: closed } = await client.GET("/rulebook");
  problem(closed, "urn:rokuban:problem:not-allowed");
  const { error: invalid } = await client.GET("/recordings", { params: { query: { from: "yesterday" } } });
  assert.equal(problem(invalid, "urn:rokuban:problem:invalid").parameter, "from");
  return heard;
}

/** Reads what the manager did, and is refused the audio. */
async function callAsAuditor(client: Client, heard: string) {
  const me = answered(await client.GET("/me"));
  assert.equal(me.role, "auditor" satisfies Wire["Role"]);
  const page = listed(answered(await client.GET("/audit", { params: { query: { recording: heard, limit: 100 } } })));
  assert.ok(page.items.length > 0 && page.items.every(({ recording }) => recording === heard));
  listed(answered(await client.GET("/reports/completeness")));
  const body = { use: "evidence", reason: "監査" };
  const { error } = await client.POST("/recordings/{id}/play", { params: { path: { id: heard } }, body });
  problem(error, "urn:rokuban:problem:no-such-recording");
  assert.ok(answered(await client.GET("/rulebook")).policy);
}

const given = JSON.parse(readFileSync(0, "utf8")) as Given;
const heard = await callAsManager(clientOf(given.url, given.manager));
await callAsAuditor(clientOf(given.url, given.auditor), heard);
const { error, response } = await clientOf(given.url).GET("/me");
assert.equal(response.status, 401);
assert.ok(error && "message" in error);
console.log("openapi-typescript: a manager, an auditor and a stranger were answered as the document says");
