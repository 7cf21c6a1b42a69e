/** Telephone numbers, as people read and write them. */

export type NumberQuery = { last4?: string; number?: string } | "unreadable";

/** What was typed into the one field: four digits are the last four, more are a number. */
export function readNumber(text: string): NumberQuery {
  const plain = text.normalize("NFKC").trim();
  if (plain === "") return {};
  const digits = plain.replace(/\D/g, "");
  if (/^[\d\s-]+$/.test(plain) && digits.length === 4) return { last4: digits };
  return digits.length >= 6 && plain.length <= 64 ? { number: plain } : "unreadable";
}

/** As it is dialled in Japan, with hyphens where its form is certain; others stay E.164. */
export function showNumber(number: string): string {
  if (!/^\+81\d{8,10}$/.test(number)) return number;
  const domestic = `0${number.slice(3)}`;
  const forms: [RegExp, string][] = [
    [/^(0[5789]0)(\d{4})(\d{4})$/, "$1-$2-$3"],
    [/^(0120|0570)(\d{3})(\d{3})$/, "$1-$2-$3"],
    [/^(0800)(\d{3})(\d{4})$/, "$1-$2-$3"],
    [/^(0[36])(\d{4})(\d{4})$/, "$1-$2-$3"],
  ];
  for (const [form, shown] of forms) if (form.test(domestic)) return domestic.replace(form, shown);
  return domestic;
}
