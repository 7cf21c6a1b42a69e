/** What the fixture server answers about cases. */
import type { Who } from "./fixtures.ts";
import { caseDetails, caseIds, cases, closedCase, linkedCase } from "./fixtures-cases.ts";

type Answer = { status: number; body: unknown };

export function answerCases(method: string, path: string, query: URLSearchParams, who: Who): Answer | undefined {
  const [, , resource, id = "", what = ""] = path.split("/");
  if (resource !== "cases") return;
  if (id === "" && method === "POST") return { status: 201, body: cases[0] };
  if (id === "") {
    const seen = cases.filter((one) => who !== "sato" || one.writer === "sato");
    return { status: 200, body: { items: seen.filter((one) => !query.has("state") || one.state === query.get("state")), next_cursor: null } };
  }
  if (!caseDetails[id]) return;
  if (what === "close") return { status: 200, body: closedCase };
  if (what === "recordings") return { status: 200, body: method === "DELETE" ? { ...caseDetails[id], recordings: [] } : linkedCase };
  return { status: 200, body: id === caseIds.fresh && who === "sato" ? { ...caseDetails[id], candidates: [] } : caseDetails[id] };
}
