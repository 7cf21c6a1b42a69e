/** What the fixture server answers about cases. */
import type { Who } from "./fixtures.ts";
import { grants, link, release, share, toDecide } from "./fixtures-shares.ts";
import { caseDetails, caseIds, cases, closedCase, linkedCase, toConfirm } from "./fixtures-cases.ts";

type Answer = { status: number; body: unknown };

export function answerCases(method: string, path: string, query: URLSearchParams, who: Who, store: string): Answer | undefined {
  const [, , resource, id = "", what = "", , step = ""] = path.split("/");
  if (resource === "shares") {
    return id === "" ? { status: 200, body: { items: who === "sato" ? grants : [], next_cursor: null } } : { status: 200, body: { url: `${store}/bucket/clip.wav?signature=${Math.random()}`, expires_at: "2026-11-27T10:02:00+09:00", content_type: "audio/wav", event_id: "e" } };
  }
  if (resource === "releases") return { status: 200, body: { items: who === "yamada" || who === "kato" ? toDecide : [], next_cursor: null } };
  if (resource === "corrections") return { status: 200, body: { items: toConfirm, next_cursor: null } };
  if (resource !== "cases") return;
  // Who may link a recording finds it in the case that was begun from its call.
  if (id === "" && method === "POST") return { status: 201, body: { ...cases[0], id: who === "sato" ? caseIds.fresh : caseIds.open } };
  if (id === "") {
    const seen = cases.filter((one) => who !== "sato" || one.writer === "sato");
    return { status: 200, body: { items: seen.filter((one) => !query.has("state") || one.state === query.get("state")), next_cursor: null } };
  }
  if (!caseDetails[id]) return;
  if (what === "shares") return { status: method === "POST" ? 201 : 200, body: share };
  if (what === "releases") return { status: step ? 200 : 201, body: step === "link" ? link : release };
  if (what === "close") return { status: 200, body: closedCase };
  if (what === "recordings") return { status: 200, body: method === "DELETE" ? { ...caseDetails[id], recordings: [], linked: [] } : linkedCase };
  return { status: 200, body: id === caseIds.fresh && who === "sato" ? { ...caseDetails[id], candidates: [], can: ["view"] } : caseDetails[id] };
}
