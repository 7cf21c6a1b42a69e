/** The pages that few people open, or seldom: a script of their own, loaded when the first of them is opened. */
export { RulesScreen } from "./rules/screen.tsx";
