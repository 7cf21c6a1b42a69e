import assert from "node:assert/strict";
import { test } from "node:test";
import { type Person, type Right, byRole, mayDo, rowsOf, teamsOf } from "../../src/reports/rights.ts";

const right = (part: Partial<Right>): Right => ({ whose: "team", team: null, of_staff: null, can: ["view", "play"], ...part });
const person = (rights: Right[], role: Person["role"] = "admin"): Person => ({ staff: "abe", staff_name: "阿部", role, teams: [], manages: [], rights });
const [sales, support, none] = [right({ team: "sales" }), right({ team: "support" }), right({ whose: "no_team" })];

test("recordings with which the same may be done are one row", () => {
  const all = person([sales, support, none]);
  assert.deepEqual(teamsOf([all]), ["sales", "support"]);
  assert.deepEqual(rowsOf(all, ["sales", "support"], ""), [{ whose: [sales, support, none], isEverything: true, can: ["view", "play"] }]);
  const own = right({ whose: "own_calls", can: ["view"] });
  const rows = rowsOf(person([sales, own, right({ team: "support", can: ["play", "view"] })]), ["sales", "support"], "");
  assert.deepEqual(rows.map(({ whose, can }) => [whose.length, can]), [[2, ["view", "play"]], [1, ["view"]]]);
});

test("everything is said only where no team and no teamless call is left out", () => {
  const isEverything = (rights: Right[], teams: string[], team = "") => rowsOf(person(rights), teams, team).some((row) => row.isEverything);
  assert.ok(isEverything([sales, none], ["sales"]));
  assert.ok(!isEverything([sales, none], ["sales", "support"]), "a team is left out");
  assert.ok(!isEverything([sales, support], ["sales", "support"]), "calls without a team are left out");
  assert.ok(!isEverything([sales, right({ whose: "no_team", can: ["view"] })], ["sales"]), "less may be done with them");
  assert.ok(!isEverything([sales, none], ["sales"], "sales"), "one team is asked about");
});

test("of a team it counts who hears its calls, and one's own calls may be its", () => {
  const may = (rights: Right[], team: string) => mayDo(person(rights), "play", team);
  assert.ok(may([sales], "") && may([sales], "sales") && !may([sales], "support"));
  assert.ok(may([right({ whose: "own_calls" })], "support") && may([right({ whose: "handed_over", of_staff: "sato" })], "support"));
  assert.ok(may([none], "") && !may([none], "support"), "a call without a team is of no team");
  assert.ok(!mayDo(person([right({ can: ["view"], team: "sales" })]), "play", "sales"));
});

test("who may most stands first, and alike ones as the API has them", () => {
  const people = [person([], "auditor"), person([], "staff"), person([], "admin"), person([], "manager")];
  assert.deepEqual(byRole(people).map(({ role }) => role), ["admin", "manager", "staff", "auditor"]);
});
