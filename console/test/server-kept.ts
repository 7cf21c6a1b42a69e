/** What the fixture server answers about plans, the daily limit and the reports of what is kept. */
import { age, approvedDay, counting, permissions, plan, retention, sweeps } from "./fixtures-kept.ts";

const ANSWERS: Record<string, [number, unknown]> = {
  "GET /api/reports/retention": [200, retention],
  "GET /api/reports/age-at-use": [200, age],
  "GET /api/reports/permissions": [200, permissions],
  "GET /api/sweeps": [200, { items: sweeps, next_cursor: null }],
  "POST /api/sweeps/approval": [200, approvedDay],
  "POST /api/rulebook/plan": [202, counting],
  [`GET /api/rulebook/plans/${plan.id}`]: [200, plan],
};

export function answerKept(method: string, path: string): { status: number; body: unknown } | undefined {
  const found = ANSWERS[`${method} ${path}`];
  return found && { status: found[0], body: found[1] };
}
