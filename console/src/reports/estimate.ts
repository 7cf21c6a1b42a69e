/** What calls take up, and what that costs a month. */
import { showBytes } from "../show.ts";
import { locale } from "../state.ts";
import { l } from "../words-later.ts";
import type { Retention } from "./kept-api.ts";

export const showDollars = (cents: number) => l().kept.dollars((cents / 100).toLocaleString(locale.value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }));

/** By the average call; empty where the bucket was not measured yet. */
export function showEstimate(estimate: Retention["held"]["storage"]): string {
  return estimate ? l().kept.about(showBytes(estimate.bytes), showDollars(estimate.cents_a_month)) : "";
}
