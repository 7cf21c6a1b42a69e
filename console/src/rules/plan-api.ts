/** The API's plans of a publication, typed. */
import type { components } from "../../dist/openapi.d.ts";
import { json } from "../api.ts";

type Wire = components["schemas"];
export type Plan = Wire["PlanItem"];

const beginPlan = (policy: string, staff: string) => json<Plan>("POST", "/api/rulebook/plan", { body: { policy, staff } });
const readPlan = (id: string) => json<Plan>("GET", `/api/rulebook/plans/${encodeURIComponent(id)}`);

/** A second: a plan over some thousand calls is made in a few. */
const POLL_MS = 1000;

/** Counts what a publication would come to, to the end. `tell` hears how far it is; it answers whether anybody still waits. */
export async function makePlan(policy: string, staff: string, tell: (percent: number) => boolean): Promise<Plan> {
  let plan = await beginPlan(policy, staff);
  while (plan.state === "counting" && tell(plan.progress_percent)) {
    await new Promise((next) => setTimeout(next, POLL_MS));
    plan = await readPlan(plan.id);
  }
  return plan;
}
