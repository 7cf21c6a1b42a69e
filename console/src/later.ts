/** The pages that few people open, or seldom: a script of their own, loaded when the first of them is opened. */
export { CasesScreen } from "./cases/list.tsx";
export { MemoScreen } from "./cases/memo.tsx";
export { SharesScreen } from "./cases/own-shares.tsx";
export { CaseScreen } from "./cases/screen.tsx";
export { SweepsScreen } from "./deletions/sweeps.tsx";
export { AgeScreen } from "./reports/age.tsx";
export { PermissionsScreen } from "./reports/permissions.tsx";
export { RetentionScreen } from "./reports/retention.tsx";
export { RulesScreen } from "./rules/screen.tsx";
