/** The template of the policy, short enough for a first day: its sample lines and their explanations stay in the repository. */
export function shortTemplate(text) {
  const isActive = (line) => line !== "" && !line.startsWith("#");
  const [intro, ...sections] = text.split(/\n(?=# ───)/);
  const kept = sections.map((section) => section.split("\n").filter((line, at) => at === 0 || isActive(line)));
  const blocks = kept.filter((lines) => lines.some(isActive)).map((lines) => lines.join("\n").replace(/\n(?=\[)/g, "\n\n"));
  const head = intro.split("\n").filter((line) => line.startsWith("#") && !line.includes("#:"));
  return `${[head.join("\n"), ...blocks].join("\n\n")}\n`;
}
