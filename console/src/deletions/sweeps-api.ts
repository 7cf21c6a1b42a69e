/** The API's days of the sweep, typed. */
import type { components } from "../../dist/openapi.d.ts";
import { json } from "../api.ts";

type Wire = components["schemas"];
export type SweepDay = Wire["SweepDayItem"];

export const readSweeps = (range: { from: string; to: string }) => json<Wire["SweepDays"]>("GET", "/api/sweeps", { query: range });
export const approveMore = (day: string, count: number) => json<SweepDay>("POST", "/api/sweeps/approval", { body: { day, count } });
