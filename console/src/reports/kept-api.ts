/** The API's reports of what is kept and of what was needed, typed. */
import type { components } from "../../dist/openapi.d.ts";
import { json } from "../api.ts";

type Wire = components["schemas"];
export type Retention = Wire["Retention"];
export type AgeAtUse = Wire["AgeAtUse"];

export const readPermissions = () => json<Wire["Permissions"]>("GET", "/api/reports/permissions");
export const readRetention = () => json<Retention>("GET", "/api/reports/retention");
export const readAgeAtUse = () => json<AgeAtUse>("GET", "/api/reports/age-at-use");
